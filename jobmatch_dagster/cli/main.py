"""`jobmatch`: each command a thin door to the same jobs and functions that the Dagster UI uses.

Put here arguments, and what is printed. What a command does belongs elsewhere.
"""

import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from jobmatch_dagster import names
from jobmatch_dagster.cli.collect_rounds import collect_rounds
from jobmatch_dagster.cli.printing import print_job_statistics, print_preferences, print_user_statistics
from jobmatch_dagster.cli.runs import hour_range, run_job
from jobmatch_dagster.cli.runtime import Runtime, open_runtime
from jobmatch_dagster.core.profiles.user_keys import require_user_key
from jobmatch_dagster.core.raw.windows import hour_name
from jobmatch_dagster.db.connection.migrations import migrate as apply_migrations
from jobmatch_dagster.db.connection.migrations import plan, purpose
from jobmatch_dagster.db.connection.migrations import rollback as undo_migrations
from jobmatch_dagster.db.connection.urls import safe_url
from jobmatch_dagster.db.legacy.convert import convert as convert_legacy
from jobmatch_dagster.db.legacy.convert import look as look_for_legacy
from jobmatch_dagster.db.legacy.convert import restore as restore_legacy
from jobmatch_dagster.db.legacy.state import SUFFIX
from jobmatch_dagster.db.matching.matches import decide as set_decision
from jobmatch_dagster.db.operations.erasure_proofs import erasures_of
from jobmatch_dagster.db.profiles.users import UnknownUserError
from jobmatch_dagster.db.statistics.statistics import (
    JobStatistics,
    UserStatistics,
    job_statistics,
    user_statistics,
)
from jobmatch_dagster.errors import JobmatchError
from jobmatch_dagster.pipeline.profiles.inbox import put_into_inbox
from jobmatch_dagster.resources.clock import ClockResource, wall_time

_FOLDER = click.Path(path_type=Path)


class _Group(click.Group):
    """Turns expected failures into one sentence on stderr and exit code 1."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except JobmatchError as error:
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
    from jobmatch_dagster.demo.run import demo_runtime, read_input, run_demo

    console = Console(width=None if sys.stdout.isatty() else 160)
    given = read_input(pages, cvs)
    with demo_runtime(given, claude=claude) as runtime:
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

    from jobmatch_dagster.cli.dev_server import serve
    from jobmatch_dagster.demo.run import demo_runtime, has_run, read_input, run_demo

    if not (demo_data or pages or cvs):
        with open_runtime() as runtime:
            serve(port, runtime.inbox, automation=None)
        return
    given = read_input(pages, cvs)
    with demo_runtime(given, claude=False) as runtime:
        if not has_run(runtime, given):
            run_demo(runtime, given, Console())
        # A clock that stands still has no next hour to collect.
        serve(port, runtime.inbox, automation="sensors" if given.clock else "running")


@main.command()
@click.option("--dry-run", is_flag=True, help="Say what would be done, change nothing.")
@click.option("--from-legacy", is_flag=True, help="Convert a database of the legacy project, keeping its tables.")
def migrate(dry_run: bool, from_legacy: bool) -> None:
    """Bring the database's schema to this version."""
    with open_runtime(prepare_schema=False) as runtime:
        click.echo(f"Database: {safe_url(runtime.database.url)}")
        if from_legacy:
            _migrate_from_legacy(runtime, dry_run=dry_run)
        elif dry_run:
            found = plan(runtime.database)
            _list("Applied before", found.applied)
            _list("Would apply", found.pending)
            for name in found.pending:
                click.echo(f"  {name}: {purpose(name)}")
        else:
            _list("Applied", apply_migrations(runtime.database))


def _migrate_from_legacy(runtime: Runtime, *, dry_run: bool) -> None:
    found, rows = look_for_legacy(runtime.database)
    if rows:
        click.echo("Plan: set these tables aside, make the schema, read the postings, carry decisions over, verify:")
        for name, count in rows.items():
            click.echo(f"  {name}: {count:,} rows")
    if dry_run:
        click.echo(found.sentence)
        return
    converted = convert_legacy(runtime.database, click.echo)
    if converted:
        for name, value in asdict(converted).items():
            if name != "tables":
                click.echo(f"  {name.replace('_', ' ')}: {value:,}")
        backups = ", ".join(f"{name}{SUFFIX}" for name in found.tables)
        click.echo(
            "Refused records stand in quarantined_records, decisions that were left in legacy_decisions, each with its "
            "reason. `jobmatch rollback --to-legacy` goes back. `jobmatch forget` erases a user in the backups, "
            "too; what the old jobs say of several users (status, reasoning, notes) goes with the last of them. Once "
            f"you are content: DROP TABLE {backups};"
        )


@main.command()
@click.option("--all", "everything", is_flag=True, help="Undo every migration: all data of the project goes.")
@click.option("--to-legacy", is_flag=True, help="Restore the tables that `migrate --from-legacy` set aside.")
@click.option("--dry-run", is_flag=True, help="Say what would be undone, change nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def rollback(everything: bool, to_legacy: bool, dry_run: bool, yes: bool) -> None:
    """Undo the last migration, or all of them. What its tables hold is lost."""
    with open_runtime(prepare_schema=False) as runtime:
        applied = plan(runtime.database).applied[::-1]
        names = applied if everything or to_legacy else applied[:1]
        where = safe_url(runtime.database.url)
        if dry_run:
            _list("Would undo", names)
            return
        if names and not yes:
            extension = ", and the extension vector goes" if len(names) == len(applied) else ""
            click.confirm(f"Undo {', '.join(names)} on {where}? Their data is lost{extension}", abort=True)
        if to_legacy:
            restore_legacy(runtime.database, click.echo)
        else:
            _list("Undone", undo_migrations(runtime.database, everything=everything))


@main.command()
@click.option("--run-once", is_flag=True, help="Collect the hour that the API has finished, then end.")
@click.option("--interval", type=click.IntRange(min=1), metavar="MINUTES", help="Collect again and again.")
def collect(run_once: bool, interval: int | None) -> None:
    """Run hourly_collection from the command line; each returned posting costs a credit.

    With --interval every hour since the last round is collected, in one run; a round that fails for a reason that
    passes is told, and its hours are collected with the next.
    """
    if run_once == (interval is not None):
        raise click.UsageError("Give either --run-once or --interval MINUTES.")
    from jobmatch_dagster.build import build_defs, default_resources

    default_resources()["active_jobs"].client()  # a missing key is told before anything starts
    with open_runtime() as runtime, runtime.dagster_instance() as instance:

        def collect_hours(first: datetime, last: datetime) -> None:
            run_job(build_defs(), instance, "hourly_collection", tags=hour_range(first, last))
            click.echo(f"{hour_name(last)} collected: " + _counted(runtime))

        collect_rounds(
            collect_hours,
            now=default_resources()["clock"].now,
            pause=None if interval is None else lambda: time.sleep(interval * 60),
            tell=lambda error: click.echo(f"jobmatch: {error}; next try in {interval} minute(s)", err=True),
        )


@main.command()
@click.option("--user", "user_key", metavar="USER_KEY", help="The numbers of one user.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, for programs.")
def stats(user_key: str | None, as_json: bool) -> None:
    """Numbers of the catalogue, or of one user."""
    from rich.console import Console

    console = Console(width=None if sys.stdout.isatty() else 120)
    with open_runtime() as runtime, runtime.database.begin() as connection:
        if user_key is None:
            catalogue = job_statistics(connection, ClockResource().now())
            _show(catalogue, lambda: print_job_statistics(catalogue, console), as_json=as_json)
            return
        found = user_statistics(connection, user_key)
    if not found:
        raise UnknownUserError(f"There is no user {user_key!r}.")
    _show(found[0], lambda: print_user_statistics(found[0], console), as_json=as_json)


def _show(numbers: JobStatistics | UserStatistics, print_tables: Callable[[], None], *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(numbers.to_dict(), ensure_ascii=False, indent=2))
    else:
        print_tables()


@main.group()
def cv() -> None:
    """CVs of users."""


@cv.command("add")
@click.argument("user_key")
@click.argument("file", type=click.Path(path_type=Path))
def cv_add(user_key: str, file: Path) -> None:
    """Put a CV into the inbox; cv_inbox_sensor takes it from there."""
    with open_runtime(prepare_schema=False) as runtime:
        place = put_into_inbox(runtime.inbox, user_key, file)
    click.echo(f"{place} is in the inbox; cv_inbox_sensor reads it when it is on.")


@main.command()
@click.argument("user_key")
@click.argument("external_id")
@click.argument("decision", type=click.Choice(names.DECISIONS))
def decide(user_key: str, external_id: str, decision: str) -> None:
    """Set a user's decision on a match; no re-match ever changes it."""
    with open_runtime() as runtime, runtime.database.begin() as connection:
        changed = set_decision(connection, user_key, external_id, decision)
    click.echo(f"{decision}" if changed else f"{decision}, as before")


@main.command()
@click.argument("user_key")
@click.argument("external_id")
@click.option("--embed-again", is_flag=True, help="Compare the stored vectors with fresh ones; loads the model.")
def explain(user_key: str, external_id: str, embed_again: bool) -> None:
    """Tell why a match is what it is, or why there is none; the job explain_match prints the same page."""
    from jobmatch_dagster.build import default_resources
    from jobmatch_dagster.defs.matching.assets import match_settings
    from jobmatch_dagster.pipeline.explain.page import explain as explain_pair

    resources = default_resources()
    settings = match_settings(resources["embedder"], resources["matching"])
    with open_runtime() as runtime:
        explained = explain_pair(
            runtime.database,
            settings,
            user_key,
            external_id,
            now=resources["clock"].now(),
            embedder=resources["embedder"] if embed_again else None,
        )
        click.echo(explained.page.text())


@main.command()
@click.argument("user_key")
@click.option("--file", type=click.Path(path_type=Path), help="Take all of them from a preferences.toml.")
@click.option("--location", "locations", multiple=True, help="A place that is accepted; may be repeated.")
@click.option("--arrangement", "work_arrangements", multiple=True, help="remote, hybrid, on-site; may be repeated.")
@click.option("--min-salary", type=float, help="Lowest yearly salary, with --currency.")
@click.option("--currency", "salary_currency", help="Three letters, such as EUR.")
@click.option("--needs-visa/--no-visa", default=None, help="Whether sponsorship is needed.")
@click.option("--language", "languages", multiple=True, help="A language that ads may be in; may be repeated.")
@click.option("--exclude-company", "excluded_companies", multiple=True, help="Not from this company; may be repeated.")
@click.option("--clear", is_flag=True, help="Ask for nothing any more.")
def preferences(user_key: str, file: Path | None, clear: bool, **fields: Any) -> None:
    """Show what a user asks for, or set it; cv_profile_sensor then has the user matched again.

    Options set their own field and leave the others; --file sets all.
    """
    from rich.console import Console

    from jobmatch_dagster.pipeline.profiles.preferences import change_preferences

    given = {name: value for name, value in fields.items() if value not in (None, ())}
    with open_runtime() as runtime:
        wanted, version = change_preferences(runtime.database, user_key, given, file=file, clear=clear)
    print_preferences(wanted, version, Console())


@main.command()
@click.argument("user_key")
def export(user_key: str) -> None:
    """Print everything that is held on a user as JSON: rows of every table, files, runs."""
    from jobmatch_dagster.observability.user_history import runs_of_user
    from jobmatch_dagster.pipeline.operations.export import export_user

    with open_runtime() as runtime, runtime.dagster_instance() as instance:
        runs = runs_of_user(instance, user_key)
        exported = export_user(runtime.database, user_key, now=wall_time(), inbox=runtime.inbox, runs=runs)
    click.echo(json.dumps(exported, ensure_ascii=False, indent=2))


@main.command()
@click.option("--pages", type=_FOLDER, required=True, help="Folder with *.json arrays of postings.")
@click.option("--cvs", type=_FOLDER, required=True, help='File with a CV a line: {"text": "..."}.')
@click.option("--out", type=_FOLDER, required=True, help="File for the result, a line for each CV.")
def evaluate(pages: Path, cvs: Path, out: Path) -> None:
    """Rank any postings for any CVs in a throw-away database, to be judged on labels of your own.

    Writes for each CV, in the file's order, {"cv": 0, "ads": [external ids, best first, 50]}.
    """
    from jobmatch_dagster.cli.evaluate import evaluate as rank

    rank(pages, cvs, out, lambda line: click.echo(line, err=True))


@main.command()
@click.argument("user_key")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--proof", is_flag=True, help="Erase nothing: tell when the key was erased and what was searched.")
def forget(user_key: str, yes: bool, proof: bool) -> None:
    """Erase a user everywhere: the job forget_user."""
    from jobmatch_dagster.build import build_defs

    if proof:
        with open_runtime() as runtime, runtime.database.begin() as connection:
            erasures = erasures_of(connection, user_key)
        shown = [{"forgotten_at": at.isoformat(), **report} for at, report in erasures]
        click.echo(json.dumps(shown, ensure_ascii=False, indent=2))
        return
    require_user_key(user_key)
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
        numbers = job_statistics(connection, ClockResource().now())
    return f"{numbers.open:,} open postings, {numbers.discovered_last_24_hours:,} of the last 24 hours."
