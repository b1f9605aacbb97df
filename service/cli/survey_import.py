"""`resonanz survey import`: answers that were given elsewhere."""

from pathlib import Path
from typing import Annotated, Any

import typer

from service.cli.output import AsJson, console, print_json, print_table
from service.context import opened, the_organisation
from service.errors import Invalid

Round = Annotated[str, typer.Argument(help="Key of the round.")]
Owner = Annotated[str | None, typer.Option("--organisation", help="Key, where there are several.")]


def note(session: Any, action: str, facts: dict[str, Any], organisation: str) -> None:
    """What was done to a survey goes into the audit log, in the same transaction."""
    from service.security import audit
    from service.security.actor import CONSOLE

    audit.append(session, CONSOLE, action, facts, organisation)


def import_answers(
    key: Round,
    file: Annotated[Path | None, typer.Argument(help="CSV or Excel file; none with --limesurvey.")] = None,
    mapping: Annotated[
        Path | None, typer.Option(help="TOML or JSON file: columns, values, group (see docs/survey.md).")
    ] = None,
    group: Annotated[
        str | None, typer.Option(help="Group all answers are of, unless a column says it.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be taken over.")] = False,
    limesurvey: Annotated[
        str | None, typer.Option(help="Address of LimeSurvey's Remote Control API.")
    ] = None,
    survey_id: Annotated[int | None, typer.Option(help="Number of the survey in LimeSurvey.")] = None,
    user: Annotated[str | None, typer.Option(help="Account in LimeSurvey.")] = None,
    password_file: Annotated[Path | None, typer.Option(help="File with its password.")] = None,
    organisation: Owner = None,
    as_json: AsJson = False,
) -> None:
    """Take over answers that were given elsewhere: all of them, or none if anything does not fit."""
    from service.surveys import rounds
    from service.surveys.imports.check import check, take_over
    from service.surveys.imports.mapping import read_mapping
    from service.surveys.imports.reading import read

    wanted = read_mapping(mapping)
    if (file is None) == (limesurvey is None):
        raise Invalid("give a file, or --limesurvey with its address")
    if file is not None:
        sheet = read(file, wanted.sheet)
    else:
        sheet = _from_limesurvey(wanted, limesurvey or "", survey_id, user, password_file)
    with opened() as context, context.transaction() as session:
        owner = the_organisation(session, organisation)
        survey = rounds.the_round(session, owner, key)
        checked = check(session, survey, sheet, wanted, group)
        faults = [str(fault) for fault in checked.faults]
        report = {
            "columns": checked.questions,
            "ignored_columns": checked.ignored,
            "responses": len(checked.responses),
            "by_group": checked.by_group,
            "without_answer": checked.empty,
            "unfinished": checked.unfinished,
            "faults": faults,
            "taken_over": not dry_run and not faults,
        }
        if not dry_run and not faults:
            take_over(session, survey, checked)
            note(
                session, "survey answers imported", {"round": key, "count": len(checked.responses)}, owner.key
            )
    if as_json:
        print_json(report)
    else:
        _tell(report, dry_run)
    if faults:
        raise typer.Exit(1)


def _from_limesurvey(
    wanted: Any, url: str, survey_id: int | None, user: str | None, password_file: Path | None
) -> Any:
    from service.surveys.imports.limesurvey import fetch

    if survey_id is None or user is None or password_file is None:
        raise Invalid("LimeSurvey needs --survey-id, --user and --password-file")
    try:
        password = password_file.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise Invalid(f"{password_file} can not be read: {error.strerror}") from None
    beside = [wanted.complete, wanted.group.column if wanted.group else None]
    fields = [*wanted.columns, *(one for one in beside if one and one not in wanted.columns)]
    return fetch(url, user, password, survey_id, fields)


def _tell(report: dict[str, Any], dry_run: bool) -> None:
    print_table(
        [{"column": heading, "question": question} for heading, question in report["columns"].items()],
        ("column", "question"),
    )
    if report["ignored_columns"]:
        console.print(f"Not read: {', '.join(report['ignored_columns'])}.", markup=False)
    console.print(
        f"{report['responses']} responses ({', '.join(f'{k}: {n}' for k, n in report['by_group'].items()) or 'none'}); "
        f"{report['without_answer']} lines without an answer, {report['unfinished']} unfinished."
    )
    for fault in report["faults"]:
        typer.echo(fault, err=True)
    if report["faults"]:
        typer.echo(f"{len(report['faults'])} faults: nothing was taken over.", err=True)
    else:
        console.print("Nothing was stored: this was a dry run." if dry_run else "All of them are taken over.")
