"""`jobmatch`: each command a thin door to the same jobs and functions that the Dagster UI uses.

Put here arguments, and what is printed. What a command does belongs elsewhere.
"""

import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from jobmatch_dagster.core.failures import PassingFailure, PermanentFailure
from jobmatch_dagster.core.windows import HourNotAvailableError, latest_collectable_hour
from jobmatch_dagster.db.engine import DatabaseUnavailableError
from jobmatch_dagster.db.matches import DECISIONS, NoMatchError
from jobmatch_dagster.db.matches import decide as set_decision
from jobmatch_dagster.db.migrations import MigrationError, plan
from jobmatch_dagster.db.migrations import migrate as apply_migrations
from jobmatch_dagster.db.migrations import rollback as undo_migrations
from jobmatch_dagster.db.statistics import job_statistics, user_statistics
from jobmatch_dagster.db.urls import DatabaseUrlError, safe_url
from jobmatch_dagster.defs.matching.explain import NothingToExplainError
from jobmatch_dagster.defs.profiles.inbox import InboxError, put_into_inbox
from jobmatch_dagster.partitions import HOUR_FORMAT
from jobmatch_dagster.resources.embedder import ModelUnavailableError
from jobmatch_dagster.runs import RunFailedError, run_job
from jobmatch_dagster.runtime import INBOX_VARIABLE, Runtime, SchemaVersionError, open_runtime

# What a user can mend: told in one sentence, without a traceback.
_EXPECTED = (
    DatabaseUnavailableError,
    DatabaseUrlError,
    HourNotAvailableError,
    InboxError,
    MigrationError,
    ModelUnavailableError,
    NoMatchError,
    NothingToExplainError,
    PassingFailure,
    PermanentFailure,
    RunFailedError,
    SchemaVersionError,
)
_FOLDER = click.Path(path_type=Path)


class _Group(click.Group):
    """Turns expected failures into one sentence on stderr and exit code 1."""

    def invoke(self, ctx: click.Context) -> Any:
        from jobmatch_dagster.demo.errors import DemoInputError

        try:
            return super().invoke(ctx)
        except (*_EXPECTED, DemoInputError) as error:
            click.echo(f"jobmatch: {error}", err=True)
            sys.exit(1)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="jobmatch-dagster")
def main() -> None:
    """Collects job postings, matches them to CVs, explains every match.

    Without JOBMATCH_DATABASE_URL an embedded PostgreSQL serves, under JOBMATCH_HOME (default: .jobmatch).
    """


@main.command()
@click.option("--pages", type=_FOLDER, help="Folder with saved API responses (*.json) in place of the generated ones.")
@click.option("--cvs", type=_FOLDER, help="Folder with CVs (the file's stem is the user key) or .jsonl files.")
@click.option("--claude", is_flag=True, help="Use ANTHROPIC_API_KEY; without this no key is used.")
def demo(pages: Path | None, cvs: Path | None, claude: bool) -> None:
    """Collect, match and show: the whole pipeline on a local server, no key needed."""
    from rich.console import Console

    from jobmatch_dagster.demo.report import print_matches, print_outcome
    from jobmatch_dagster.demo.run import demo_surroundings, read_input, run_demo

    console = Console(width=None if sys.stdout.isatty() else 160)
    given = read_input(pages, cvs)
    with open_runtime(database_name=given.database_name) as runtime, demo_surroundings(runtime, given, claude=claude):
        console.print(f"Database: {safe_url(runtime.database.url)}", highlight=False, markup=False)
        outcome = run_demo(runtime, given, console)
        print_matches(runtime.database, console)
        print_outcome(runtime.database, given, outcome, console, command=_dev_command(pages, cvs))


@main.command()
@click.option("--demo", "demo_data", is_flag=True, help="On the demo's data and local API server, automation on.")
@click.option("--pages", type=_FOLDER, help="On the demo of these pages (see `demo`).")
@click.option("--cvs", type=_FOLDER, help="On the demo of these CVs (see `demo`).")
@click.option("--port", default=3000, show_default=True, help="Port of the UI; a free one if it is taken.")
def dev(demo_data: bool, pages: Path | None, cvs: Path | None, port: int) -> None:
    """Start the Dagster UI on a loopback address.

    On demo data schedule and sensors are on; elsewhere a person turns them on, because they spend credits.
    """
    from rich.console import Console

    from jobmatch_dagster.demo.run import demo_surroundings, has_run, read_input, run_demo
    from jobmatch_dagster.dev_server import serve

    if not (demo_data or pages or cvs):
        with open_runtime():
            serve(port, automation=None)
        return
    given = read_input(pages, cvs)
    with open_runtime(database_name=given.database_name) as runtime, demo_surroundings(runtime, given, claude=False):
        if not has_run(runtime, given):
            run_demo(runtime, given, Console())
        # A clock that stands still has no next hour to collect.
        serve(port, automation="sensors" if given.clock else "running")


@main.command()
@click.option("--dry-run", is_flag=True, help="Say what would be done, change nothing.")
def migrate(dry_run: bool) -> None:
    """Bring the database's schema to this version."""
    with open_runtime(prepare_schema=False) as runtime:
        found = plan(runtime.database)
        click.echo(f"Database: {safe_url(runtime.database.url)}, {len(found.applied)} migration(s) applied.")
        if dry_run:
            _list("Would apply", found.pending)
        else:
            _list("Applied", apply_migrations(runtime.database))


@main.command()
@click.option("--all", "everything", is_flag=True, help="Undo every migration: all data of the project goes.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def rollback(everything: bool, yes: bool) -> None:
    """Undo the last migration, or all of them. What its tables hold is lost."""
    with open_runtime(prepare_schema=False) as runtime:
        found = plan(runtime.database)
        names = found.applied[::-1] if everything else found.applied[-1:]
        if names and not yes:
            click.confirm(
                f"Undo {', '.join(names)} on {safe_url(runtime.database.url)}? Their data is lost", abort=True
            )
        _list("Undone", undo_migrations(runtime.database, everything=everything))


@main.command()
@click.option("--run-once", is_flag=True, help="Collect the hour that the API has finished, then end.")
@click.option("--interval", type=click.IntRange(min=1), metavar="MINUTES", help="Collect again and again.")
def collect(run_once: bool, interval: int | None) -> None:
    """Run hourly_collection from the command line; each returned posting costs a credit."""
    if run_once == (interval is not None):
        raise click.UsageError("Give either --run-once or --interval MINUTES.")
    from jobmatch_dagster.build import build_defs, default_resources

    default_resources()["active_jobs"].client()  # a missing key is told before anything starts
    with open_runtime() as runtime, runtime.dagster_instance() as instance:
        while True:
            hour = latest_collectable_hour(default_resources()["clock"].now()).strftime(HOUR_FORMAT)
            run_job(build_defs(), instance, "hourly_collection", partition_key=hour)
            click.echo(f"{hour} collected: " + _counted(runtime))
            if interval is None:
                return
            time.sleep(interval * 60)


@main.command()
@click.option("--user", "user_key", metavar="USER_KEY", help="The numbers of one user.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, for programs.")
def stats(user_key: str | None, as_json: bool) -> None:
    """Numbers of the catalogue, or of one user."""
    with open_runtime() as runtime, runtime.database.begin() as connection:
        if user_key is None:
            numbers = job_statistics(connection).to_dict()
        else:
            found = user_statistics(connection, user_key)
            if not found:
                raise NoMatchError(f"There is no user {user_key!r}.")
            numbers = found[0].to_dict()
    if as_json:
        click.echo(json.dumps(numbers, ensure_ascii=False, indent=2))
    else:
        _print_numbers(numbers)


@main.group()
def cv() -> None:
    """CVs of users."""


@cv.command("add")
@click.argument("user_key")
@click.argument("file", type=click.Path(path_type=Path))
def cv_add(user_key: str, file: Path) -> None:
    """Put a CV into the inbox; cv_inbox_sensor takes it from there."""
    with open_runtime(prepare_schema=False):
        place = put_into_inbox(Path(os.environ[INBOX_VARIABLE]), user_key, file)
    click.echo(f"{place} is in the inbox; cv_inbox_sensor reads it when it is on.")


@main.command()
@click.argument("user_key")
@click.argument("external_id")
@click.argument("decision", type=click.Choice(DECISIONS))
def decide(user_key: str, external_id: str, decision: str) -> None:
    """Set a user's decision on a match; no re-match ever changes it."""
    with open_runtime() as runtime, runtime.database.begin() as connection:
        changed = set_decision(connection, user_key, external_id, decision)
    click.echo(f"{decision}" if changed else f"{decision}, as before")


@main.command()
@click.argument("user_key")
@click.argument("external_id")
def explain(user_key: str, external_id: str) -> None:
    """Tell why a match is what it is, or why there is none; the job explain_match prints the same page."""
    from jobmatch_dagster.build import default_resources
    from jobmatch_dagster.defs.matching.assets import match_settings
    from jobmatch_dagster.defs.matching.explain import explain as explain_pair

    resources = default_resources()
    settings = match_settings(resources["embedder"], resources["matching"])
    with open_runtime() as runtime:
        click.echo(explain_pair(runtime.database, settings, user_key, external_id))


@main.command()
@click.option("--pages", type=_FOLDER, required=True, help="Folder with *.json arrays of postings.")
@click.option("--cvs", type=_FOLDER, required=True, help='File with a CV a line: {"text": "..."}.')
@click.option("--out", type=_FOLDER, required=True, help="File for the result, a line for each CV.")
def evaluate(pages: Path, cvs: Path, out: Path) -> None:
    """Rank any postings for any CVs in a throw-away database, to be judged on labels of your own.

    Writes for each CV, in the file's order, {"cv": 0, "ads": [external ids, best first, 50]}.
    """
    from jobmatch_dagster.demo.evaluate import evaluate as rank

    rank(pages, cvs, out, lambda line: click.echo(line, err=True))


@main.command()
@click.argument("user_key")
@click.option("--yes", is_flag=True, help="Do not ask.")
def forget(user_key: str, yes: bool) -> None:
    """Erase a user everywhere: the job forget_user."""
    from jobmatch_dagster.build import build_defs

    if not yes:
        click.confirm(f"Erase everything of {user_key}? This cannot be undone", abort=True)
    with open_runtime() as runtime, runtime.dagster_instance() as instance:
        run_job(build_defs(), instance, "forget_user", run_config=_op_config("erase_one_user", {"user_key": user_key}))
    click.echo(f"Nothing of {user_key} is left.")


def _op_config(op: str, config: dict[str, Any]) -> dict[str, Any]:
    return {"ops": {op: {"config": config}}}


def _dev_command(pages: Path | None, cvs: Path | None) -> str:
    if not (pages or cvs):
        return "make dev"
    options = [f"{name} {path}" for name, path in (("--pages", pages), ("--cvs", cvs)) if path]
    return f"{sys.argv[0]} dev {' '.join(options)}"


def _list(what: str, names: tuple[str, ...]) -> None:
    click.echo(f"{what}: {', '.join(names) or 'nothing'}.")


def _counted(runtime: Runtime) -> str:
    with runtime.database.begin() as connection:
        numbers = job_statistics(connection)
    return f"{numbers.open:,} open postings, {numbers.discovered_last_24_hours:,} of the last 24 hours."


def _print_numbers(numbers: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    table = Table(show_header=False)
    for name, value in _flat(numbers):
        table.add_row(name, value)
    console.print(table)


def _flat(numbers: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in numbers.items():
        label = name.replace("_", " ")
        if isinstance(value, dict):
            for key, inner in value.items():
                yield f"{label}: {key}", _shown(inner)
        else:
            yield label, _shown(value)


def _shown(value: Any) -> str:
    if value is None:
        return "unknown"
    return f"{value:,.2f}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)
