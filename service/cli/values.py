"""`resonanz metrics`: the catalogue, and measuring with publication."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.output import AsJson, console, print_json, print_table
from service.cli.retention import show
from service.context import opened, the_organisation

if TYPE_CHECKING:
    from service.measure import Work

app = typer.Typer(no_args_is_help=True, help="What is measured, and measuring it.")


@app.command("list")
def list_metrics(as_json: AsJson = False) -> None:
    """List the metrics with meaning, unit and source."""
    from metrics.catalog import CATALOG

    rows = [
        {
            "key": metric.key,
            "label_en": metric.label.en,
            "label_de": metric.label.de,
            "meaning_en": metric.meaning.en,
            "meaning_de": metric.meaning.de,
            "unit": metric.unit,
            "direction": metric.direction,
            "tier": metric.tier,
        }
        for metric in CATALOG.values()
    ]
    if as_json:
        print_json(rows)
    else:
        print_table(rows, ("key", "label_en", "label_de", "unit", "direction", "tier"))


@app.command("compute")
def compute(
    organisation: Annotated[str | None, typer.Option(help="Key, where there are several.")] = None,
    engine: Annotated[
        str | None, typer.Option(help="duckdb or spark; default: the setting RESONANZ_ENGINE.")
    ] = None,
    full: Annotated[
        bool, typer.Option("--full", help="Compute everything anew, not only what something changed of.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Measure what changed since the last time, check all values jointly, and publish what may be shown."""
    from service.jobs.work import compute as compute_values

    with opened() as context:
        with context.transaction() as session:
            owner = the_organisation(session, organisation)
        computed = compute_values(context, owner, engine=engine, full=full)
        summary, deleted, publication = computed.measured, computed.deleted, computed.publication
        report = {
            "measurements": asdict(summary),
            "retention": None if deleted is None else deleted.to_dict(),
            "publication": {
                "id": publication.id,
                "data_until": publication.data_until,
                "minimum_group": publication.minimum_group,
                "digest": publication.digest,
                **publication.summary,
            },
        }
    if as_json:
        print_json(report)
    else:
        console.print(_told(summary.work))
        if deleted is None:
            console.print(
                "Nothing was deleted because of its age, since a source is being collected: the next run does it."
            )
        elif deleted:
            show(deleted)
        console.print(
            f"Measured and published as number {publication.id}, data until {publication.data_until}."
        )
        print_table(
            [
                {"what": key, "count": value}
                for key, value in publication.summary.items()
                if isinstance(value, int)
            ],
            ("what", "count"),
        )


_WHY = {
    "first": "nothing was measured before",
    "full": "as asked for",
    "activities": "activities came or went",
    "given": "something changed about people, rooms, contents or the calendar",
    "code": "the program changed",
    "days": "other days are measured",
}


def _told(work: "Work") -> str:
    """What was computed, and why."""
    if not work.why:
        return "Nothing changed since the last time: all values stay."
    weeks = (
        "" if not work.weeks else f" The log was touched in {len(work.weeks)} weeks, from {work.weeks[0]}."
    )
    return (
        f"Computed {work.values} values of {work.metrics} metrics in {work.periods} periods, since "
        f"{'; '.join(_WHY[one] for one in work.why)}.{weeks}"
    )
