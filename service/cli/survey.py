"""`resonanz survey`: rounds of the survey, from the first link to the results."""

import csv
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from service.cli import survey_import
from service.cli.output import AsJson, console, print_json, print_table
from service.cli.survey_import import Owner, Round, note
from service.context import opened, the_organisation
from service.errors import Conflict, Invalid

app = typer.Typer(no_args_is_help=True, help="Rounds of the survey. Answers lead back to nobody.")
groups = typer.Typer(no_args_is_help=True, help="Groups of people who are invited.")
app.add_typer(groups, name="group")
app.command("import")(survey_import.import_answers)

Group = Annotated[str, typer.Argument(help="Key of the group.")]


@app.command("create")
def create(
    key: Annotated[str, typer.Argument(help="Short key of the round, e.g. 2026-autumn.")],
    german: Annotated[str, typer.Option("--de", help="Title in German.")],
    english: Annotated[str, typer.Option("--en", help="Title in English.")],
    form: Annotated[
        str, typer.Option(help="full, or short: two questions a dimension, which tell no scale.")
    ] = "full",
    minimum_group: Annotated[
        int | None,
        typer.Option(help="Smallest group shown: at least 5, or what the agreement says. Default 7."),
    ] = None,
    organisation: Owner = None,
) -> None:
    """Make a round, as a draft."""
    from service.surveys import rounds

    with opened() as context, context.transaction() as session:
        owner = the_organisation(session, organisation)
        made = rounds.create(
            session, owner, key, title_de=german, title_en=english, form=form,
            minimum_group=minimum_group or max(
                context.settings.survey_minimum_group, rounds.agreed_minimum(session, owner.id)
            ),
            now=datetime.now(UTC),
        )  # fmt: skip
        note(session, "survey created", {"round": made.key}, owner.key)
        minimum = made.minimum_group
    console.print(f"Round {key} is a draft; groups of fewer than {minimum} are never shown.")


@groups.command("add")
def add_group(
    key: Round,
    group: Annotated[str, typer.Argument(help="Short key of the group, e.g. sales.")],
    label: Annotated[str, typer.Option(help="Name, as people of the group know it.")],
    invited: Annotated[int, typer.Option(help="People of the group who can be reached.")],
    respondents: Annotated[
        str, typer.Option("--as", help="everyone, leaders or communication_it: which questions are asked.")
    ] = "everyone",
    unit: Annotated[str | None, typer.Option(help="Key of the unit, if the group is one.")] = None,
    organisation: Owner = None,
) -> None:
    """Add a group to a round. Nobody may belong to two."""
    from service.surveys import rounds

    with opened() as context, context.transaction() as session:
        owner = the_organisation(session, organisation)
        survey = rounds.the_round(session, owner, key)
        rounds.add_group(
            session, survey, group, label=label, invited=invited, respondents=respondents, unit=unit
        )
        note(session, "survey group added", {"round": key, "group": group}, owner.key)
    console.print(f"Group {group} with {invited} people belongs to round {key}.")


@app.command("invite")
def invite(
    key: Round,
    group: Group,
    output: Annotated[Path, typer.Option("--output", "-o", help="New file for the links, for mail merge.")],
    url: Annotated[
        str | None, typer.Option(help="Address people reach the service by; default: RESONANZ_PUBLIC_URL.")
    ] = None,
    count: Annotated[int | None, typer.Option(help="How many; default: as many as are missing.")] = None,
    shared: Annotated[
        bool,
        typer.Option("--shared", help="One link for all instead; people can answer several times with it."),
    ] = False,
    organisation: Owner = None,
) -> None:
    """Write links for one use to a file that only you can read. They are not kept: a lost file means new links."""
    from service.surveys import rounds

    with opened() as context:
        base = (url or context.settings.public_url or "").rstrip("/")
        if not base.startswith(("https://", "http://")):
            raise Invalid("say by which address people reach the service: --url https://…")
        try:
            handle = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            raise Conflict(f"{output} exists already: give a new file") from None
        except OSError as error:
            raise Invalid(f"{output} can not be written: {error.strerror}") from None
        try:
            with (
                os.fdopen(handle, "w", encoding="utf-8-sig", newline="") as file,
                context.transaction() as session,
            ):
                owner = the_organisation(session, organisation)
                survey = rounds.the_round(session, owner, key)
                chosen = rounds.the_group(session, survey, group)
                if shared:
                    tokens = [rounds.open_link(session, survey, chosen)]
                else:
                    tokens = rounds.invite(session, survey, chosen, count)
                writer = csv.writer(file)
                writer.writerow(("group", "link"))
                writer.writerows((chosen.key, f"{base}/answer/{token}") for token in tokens)
                facts = {"round": key, "group": group, "count": len(tokens), "shared": shared}
                note(session, "survey links made", facts, owner.key)
        except BaseException:
            output.unlink(missing_ok=True)
            raise
    console.print(f"{len(tokens)} {'link' if len(tokens) == 1 else 'links'} written to {output}.")
    if shared:
        console.print("Whoever has this link can answer several times; the results will say so.")


@app.command("withdraw")
def withdraw(key: Round, group: Group, organisation: Owner = None) -> None:
    """Make the unused links of a group invalid, e.g. because a file went astray."""
    from service.surveys import rounds

    with opened() as context, context.transaction() as session:
        owner = the_organisation(session, organisation)
        survey = rounds.the_round(session, owner, key)
        rounds.withdraw(session, survey, rounds.the_group(session, survey, group))
        note(session, "survey links withdrawn", {"round": key, "group": group}, owner.key)
    console.print(f"The unused links of {group} lead nowhere any more.")


@app.command("status")
def status(
    key: Annotated[str | None, typer.Argument(help="Key of a round; without it all are listed.")] = None,
    organisation: Owner = None,
    as_json: AsJson = False,
) -> None:
    """How far a round is: response rates of groups, rounded to five, never who answered."""
    from service.surveys import rounds

    with opened() as context, context.transaction() as session:
        owner = the_organisation(session, organisation)
        if key is None:
            listed = [
                {"key": one.key, "state": one.state, "form": one.form, "de": one.title_de, "en": one.title_en,
                 "minimum_group": one.minimum_group}
                for one in rounds.rounds(session, owner)
            ]  # fmt: skip
            if as_json:
                print_json(listed)
            else:
                print_table(listed, ("key", "state", "form", "de", "en"))
            return
        survey = rounds.the_round(session, owner, key)
        whole, lines = rounds.progress(session, survey)
        rows = [_line(line, survey.minimum_group) for line in lines]
        total = _line(whole, survey.minimum_group)
        state = survey.state
    if as_json:
        print_json({"key": key, "state": state, **total, "groups": rows})
        return
    console.print(f"Round {key} is {state}.")
    if state == "finished":
        console.print(
            "Its answers are deleted; what was published of them stays (`resonanz survey results`)."
        )
        return
    shown = [{**row, "answered": _few(row)} for row in (*rows, {**total, "group": "all"})]
    print_table(shown, ("group", "respondents", "invited", "links", "answered", "rate"))


def _line(line: Any, minimum: int) -> dict[str, Any]:
    return {
        "group": line.key,
        "respondents": line.respondents,
        "invited": line.invited,
        "links": "one for all" if line.shared else line.issued,
        "answered": line.answered,
        "rate": line.rate,
        "minimum_group": minimum,
    }


def _few(row: dict[str, Any]) -> str:
    return f"fewer than {row['minimum_group']}" if row["answered"] is None else f"about {row['answered']}"


@app.command("open")
def start(key: Round, organisation: Owner = None) -> None:
    """Open a draft for answers."""
    _start(key, organisation)


@app.command("reopen")
def reopen(key: Round, organisation: Owner = None) -> None:
    """Open a closed round again. Its results stay as they are until enough further answers have come."""
    _start(key, organisation)


def _start(key: str, organisation: str | None) -> None:
    from service.surveys import rounds

    with opened() as context, context.transaction() as session:
        owner = the_organisation(session, organisation)
        rounds.start(session, rounds.the_round(session, owner, key), datetime.now(UTC))
        note(session, "survey opened", {"round": key}, owner.key)
    console.print(f"Round {key} takes answers.")


@app.command("close")
def close_round(key: Round, organisation: Owner = None) -> None:
    """Take no further answers, and publish what may be shown."""
    from service.surveys import rounds
    from service.surveys.publish import close

    with opened() as context, context.transaction() as session:
        owner = the_organisation(session, organisation)
        closing = close(session, rounds.the_round(session, owner, key), datetime.now(UTC))
        note(session, "survey closed", {"round": key}, owner.key)
    if closing.publication is None:
        console.print(f"Round {key} is closed. Too few people answered for anything to be shown.")
    elif closing.renewed:
        console.print(f"Round {key} is closed and published.")
    else:
        console.print(f"Round {key} is closed; what is published stays as it was.")
    if closing.held_back:
        console.print(
            "Answers of some groups since the last publication are held back until there are enough of them."
        )


@app.command("finish")
def finish_round(
    key: Round,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    organisation: Owner = None,
) -> None:
    """Delete the answers of a closed round for good; what is published of it stays."""
    from service.surveys import rounds
    from service.surveys.publish import finish

    if not yes:
        typer.confirm(f"The answers of {key} can not be brought back. Delete them?", abort=True)
    with opened() as context, context.transaction() as session:
        owner = the_organisation(session, organisation)
        finish(session, rounds.the_round(session, owner, key))
        note(session, "survey finished", {"round": key}, owner.key)
    console.print(f"The answers of {key} are deleted; the published results stay.")


@app.command("results")
def results(key: Round, organisation: Owner = None, as_json: AsJson = False) -> None:
    """Print what is published of a round."""
    from service.api.surveys import answer_row, round_row
    from service.surveys.published import the_published

    with opened() as context, context.transaction() as session:
        owner = the_organisation(session, organisation)
        found = the_published(session, owner, key)
        told = round_row(found, owner.key, owner.synthetic)
        rows = [
            answer_row(key, cell).model_dump(mode="json", exclude_none=True) for cell in found.cells.values()
        ]
        labels = {section.key: section.label.en for section in found.asked.sections}
    if as_json:
        print_json({"round": told.model_dump(mode="json"), "rows": rows})
        return
    answered = f"about {told.answered}" if told.answered is not None else f"fewer than {told.minimum_group}"
    console.print(f"{told.label.en}: {answered} of {told.invited} people answered.")
    scales = [
        {**row, "dimension": labels[row["dimension"]], "group": row["group"] or "all"}
        for row in rows
        if not row["question"]
    ]
    columns = ("dimension", "group", "mean", "low", "high", "people", "state", "reason")
    print_table([{column: row.get(column) for column in columns} for row in scales], columns)


@app.command("reminder")
def reminder(
    key: Round,
    language: Annotated[str, typer.Option(help="de or en.")] = "de",
    organisation: Owner = None,
) -> None:
    """Print the text of a reminder, for all who were invited: nobody knows who has answered."""
    from service.surveys import rounds
    from service.surveys.reminder import reminders

    with opened() as context, context.transaction() as session:
        texts = reminders(rounds.the_round(session, the_organisation(session, organisation), key))
    if language not in texts:
        raise Invalid(f"there is no reminder in {language!r}; give de or en")
    typer.echo(texts[language])


@app.command("questions")
def questions(
    form: Annotated[str, typer.Option(help="short or full.")] = "full", as_json: AsJson = False
) -> None:
    """Print the questions with their keys, for a mapping of imported columns."""
    from service.surveys.questionnaire import newest_version, questionnaire

    asked = questionnaire(newest_version(), form)
    rows = [
        {"key": one.key, "dimension": section.key, "respondents": one.respondents, "de": one.text.de, "en": one.text.en}
        for section in asked.sections
        for one in section.questions
    ]  # fmt: skip
    if as_json:
        print_json(rows)
    else:
        print_table(rows, ("key", "dimension", "respondents", "de", "en"))
