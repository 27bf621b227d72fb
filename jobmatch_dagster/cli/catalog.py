"""Commands on the catalog of postings: `collect`, `stats`, `health` and `evaluate`."""

import json
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from jobmatch_dagster.cli.help_texts import Command
from jobmatch_dagster.cli.postings import collect_documents
from jobmatch_dagster.core.raw.windows import HOUR_FORMAT

if TYPE_CHECKING:
    from jobmatch_dagster.db.connection.engine import Database

_PATH = click.Path(path_type=Path)


# As partitions are named.
_HOUR = click.DateTime(formats=[HOUR_FORMAT])


@click.command(cls=Command)
@click.option("--run-once", is_flag=True, help="Collect the newest hour that the API has completed, then end.")
@click.option("--interval", type=click.IntRange(min=1), metavar="MINUTES", help="Collect again after each pause.")
@click.option("--hours", nargs=2, type=_HOUR, metavar="FROM TO", help="Collect these hours, both included.")
@click.option("--plan", nargs=2, type=_HOUR, metavar="FROM TO", help="Print what these hours would cost; pay nothing.")
@click.option("--max-credits", type=click.IntRange(min=1), metavar="N", help="With --hours: most job credits to pay.")
@click.option("--from-folder", type=_PATH, metavar="DIR", help="Load the schema.org postings of a folder's files.")
@click.option(
    "--from-list", type=_PATH, metavar="FILE", help="Load those of listed files: a path a line, or a sitemap."
)
@click.option("--source", default="json-ld", show_default=True, help="Name of the folder's or the list's source.")
def collect(
    run_once: bool,
    interval: int | None,
    hours: tuple[datetime, datetime] | None,
    plan: tuple[datetime, datetime] | None,
    max_credits: int | None,
    from_folder: Path | None,
    from_list: Path | None,
    source: str,
) -> None:
    """Collect postings: runs of hourly_collection.

    Each posting returned costs a credit. With --interval each round collects every hour since the last successful
    round, in one run. A failure that may pass is printed, and the next round collects its hours.

    An hour is written as 2026-11-20-07:00, in UTC. A folder or a list of files costs nothing: it is another source,
    and a run of collect_documents loads, embeds and matches it.
    """
    if sum(given not in (None, False) for given in (run_once, interval, hours, plan, from_folder, from_list)) != 1:
        raise click.UsageError(
            "Give one of --run-once, --interval MINUTES, --hours FROM TO, --plan FROM TO, --from-folder DIR and "
            "--from-list FILE."
        )
    if from_folder or from_list:
        collect_documents(from_folder, from_list, source)
        return
    if plan is not None:
        _print_plan(*_in_utc(plan))
        return
    from jobmatch_dagster.build import build_defs, default_resources
    from jobmatch_dagster.cli.collect_rounds import collect_rounds
    from jobmatch_dagster.cli.runs import hour_range, run_job
    from jobmatch_dagster.cli.runtime import open_runtime
    from jobmatch_dagster.core.raw.windows import hour_name

    resources = default_resources()
    resources["active_jobs"].client()  # a missing key is reported before anything starts
    with open_runtime() as runtime, runtime.dagster_instance() as instance:
        config = {"ops": {"raw__job_pages": {"config": {"max_credits": max_credits}}}} if max_credits else {}

        def collect_hours(first: datetime, last: datetime) -> None:
            run_job(build_defs(), instance, "hourly_collection", tags=hour_range(first, last), run_config=config)
            counts = _open_postings(runtime.database, resources["clock"].now())
            click.echo(f"{hour_name(last)} collected: {counts}")

        if hours is not None:
            collect_hours(*_in_utc(hours))
            return
        collect_rounds(
            collect_hours,
            now=resources["clock"].now,
            pause=None if interval is None else lambda: time.sleep(interval * 60),
            report=lambda error: click.echo(f"jobmatch: {error}; next try in {interval} minute(s)", err=True),
        )


def _in_utc(bounds: tuple[datetime, datetime]) -> tuple[datetime, datetime]:
    first, last = (bound.replace(tzinfo=UTC) for bound in bounds)
    if first > last:
        raise click.UsageError("FROM is after TO.")
    return first, last


def _print_plan(first: datetime, last: datetime) -> None:
    from rich.console import Console
    from rich.table import Table

    from jobmatch_dagster.build import default_resources
    from jobmatch_dagster.cli.runtime import open_runtime
    from jobmatch_dagster.core.raw.windows import HOUR, hours_between
    from jobmatch_dagster.pipeline.raw.prices import PLAN_COLUMNS, plan_collection

    resources = default_resources()
    client = resources["active_jobs"].client()
    asked = hours_between(first, last + HOUR)
    with open_runtime(prepare_dagster=False, must_exist=True) as runtime:
        plan = plan_collection(runtime.database, client, asked, now=resources["clock"].now())
    click.echo(plan.summary())
    if plan.feeds:
        table = Table(*PLAN_COLUMNS)
        for row in plan.rows():
            table.add_row(*row)
        Console().print(table)


@click.command(cls=Command)
@click.option("--user", "user_key", metavar="USER_KEY", help="Statistics of one user.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, for programs.")
def stats(user_key: str | None, as_json: bool) -> None:
    """Print statistics of the catalog or a user."""
    from rich.console import Console

    from jobmatch_dagster import api
    from jobmatch_dagster.cli.printing import print_job_statistics, print_user_statistics
    from jobmatch_dagster.cli.runtime import open_runtime

    console = Console(width=None if sys.stdout.isatty() else 120)
    with open_runtime(must_exist=True) as runtime:
        if user_key is None:
            catalog = api.job_statistics(runtime.database)
            _print_statistics(catalog.to_dict() if as_json else None, lambda: print_job_statistics(catalog, console))
        else:
            user = api.user_statistics(runtime.database, user_key)
            _print_statistics(user.to_dict() if as_json else None, lambda: print_user_statistics(user, console))


@click.command(cls=Command)
def health() -> None:
    """Print whether the pipeline is well.

    The last hour, what waits, what is stale, what was spent. The exit code is 1 if something needs a person. The asset
    operations/health shows the same.
    """
    from jobmatch_dagster.build import default_resources
    from jobmatch_dagster.cli.runtime import open_runtime
    from jobmatch_dagster.pipeline.operations.health import read_health
    from jobmatch_dagster.resources.clock import wall_time

    resources = default_resources()
    with open_runtime(prepare_dagster=False, must_exist=True) as runtime:
        found = read_health(
            runtime.database,
            now=resources["clock"].now(),
            wall_time=wall_time(),
            filters=resources["active_jobs"].filters.identity(),
            model=resources["embedder"].model,
        )
    for name, value in found.rows():
        click.echo(f"{name + ':':42}{'unknown' if value is None else value}")
    for line in found.concerns():
        click.echo(f"! {line}")
    if not found.is_good:
        sys.exit(1)
    click.echo("All is well.")


@click.command(cls=Command)
@click.option("--pages", type=_PATH, required=True, help="Folder of *.json files, each an array of postings.")
@click.option("--cvs", type=_PATH, required=True, help='File with a line for each CV: {"text": "..."}.')
@click.option("--out", type=_PATH, required=True, help="File of the result, with a line for each CV.")
@click.option("--judged", type=_PATH, help='File of judged pairs: a line {"cv": 0, "ad": "id", "label": 2} each.')
def evaluate(pages: Path, cvs: Path, out: Path, judged: Path | None) -> None:
    """Rank any postings for any CVs.

    The ranking uses a temporary database and can be measured on labels of your own. The command writes for each CV,
    in the file's order, {"cv": 0, "ads": [external ids, best first, at most 50]}. With --judged it prints how well the
    scores agree with people's labels: 0 does not fit, 1 is plausible, 2 and more is good.
    """
    from jobmatch_dagster.build import default_resources
    from jobmatch_dagster.defs.matching.assets import match_settings
    from jobmatch_dagster.pipeline.quality import evaluate as evaluation
    from jobmatch_dagster.settings import FolderSettings

    resources = default_resources()
    found = evaluation.evaluate(
        pages,
        cvs,
        out,
        judged=judged,
        embedder=resources["embedder"],
        settings=match_settings(resources["embedder"], resources["matching"]),
        now=resources["clock"].now(),
        data_folder=FolderSettings.read().data_folder,
        report=lambda line: click.echo(line, err=True),
    )
    if found is not None:
        from rich.console import Console

        from jobmatch_dagster.cli.printing import print_judged

        print_judged(found, Console(width=None if sys.stdout.isatty() else 120))


def _print_statistics(as_json: dict[str, Any] | None, print_tables: Callable[[], None]) -> None:
    if as_json is None:
        print_tables()
    else:
        click.echo(json.dumps(as_json, ensure_ascii=False, indent=2))


def _open_postings(database: "Database", now: datetime) -> str:
    from jobmatch_dagster import api

    found = api.job_statistics(database, now)
    return f"{found.open:,} open postings, {found.discovered_last_24_hours:,} of the last 24 hours."
