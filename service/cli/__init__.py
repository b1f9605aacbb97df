"""The console: `resonanz …`. Expected errors end with one sentence and exit code 1, never with a traceback."""

import sys

import typer

from connectors.errors import ConnectorError
from service.cli import (
    accounts,
    activity,
    auditing,
    backups,
    bi,
    comparison,
    demonstration,
    embed,
    job,
    maturity,
    noting,
    operation,
    organisation,
    planning,
    privacy,
    reports,
    schedule,
    source,
    survey,
    values,
)
from service.errors import ServiceError
from service.trouble import told_to_admins

app = typer.Typer(
    name="resonanz",
    help="Measures how a company's social intranet is really used. Never shows a single person.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("demo")(demonstration.demo)
app.command("serve")(operation.serve)
app.command("migrate")(operation.migrate)
app.command("doctor")(operation.doctor)
app.command("sync")(source.sync)
app.command("backup")(backups.backup)
app.command("restore")(backups.restore)
app.add_typer(source.app, name="source")
app.add_typer(organisation.app, name="organisation")
app.add_typer(organisation.rooms, name="room")
app.add_typer(values.app, name="metrics")
app.add_typer(activity.app, name="activity")
app.add_typer(survey.app, name="survey")
app.command("assess")(maturity.assess)
app.add_typer(maturity.evidence, name="evidence")
app.add_typer(reports.report, name="report")
app.add_typer(planning.measures, name="measure")
app.add_typer(planning.roadmap, name="roadmap")
app.add_typer(comparison.benchmark, name="benchmark")
app.add_typer(comparison.comparison, name="comparison")
app.add_typer(privacy.app, name="privacy")
app.add_typer(accounts.app, name="admin")
app.add_typer(accounts.tokens, name="token")
app.add_typer(auditing.app, name="audit")
app.add_typer(bi.app, name="bi")
app.add_typer(job.app, name="job")
app.add_typer(schedule.app, name="schedule")
app.add_typer(embed.app, name="embed")

noting.note_all(app)


def main() -> None:
    try:
        app(standalone_mode=True)
    except (ServiceError, ConnectorError) as error:
        typer.echo(f"resonanz: {error}", err=True)
        sys.exit(1)
    except Exception as error:
        told = told_to_admins(error)
        if told is None:
            raise
        typer.echo(f"resonanz: {told}", err=True)
        sys.exit(1)
