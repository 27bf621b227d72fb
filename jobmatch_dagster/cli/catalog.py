"""Commands on the catalog of postings: `collect`, `stats` and `evaluate`."""

import json
import sys
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from jobmatch_dagster.db.connection.engine import Database

_PATH = click.Path(path_type=Path)


@click.command()
@click.option("--run-once", is_flag=True, help="Collect the newest hour that the API has completed, then end.")
@click.option("--interval", type=click.IntRange(min=1), metavar="MINUTES", help="Collect again after each pause.")
def collect(run_once: bool, interval: int | None) -> None:
    """Collect postings: runs of hourly_collection.

    Each posting returned costs a credit. With --interval each round collects every hour since the last successful
    round, in one run. A failure that may pass is printed, and the next round collects its hours.
    """
    if run_once == (interval is not None):
        raise click.UsageError("Give either --run-once or --interval MINUTES.")
    from jobmatch_dagster.build import build_defs, default_resources
    from jobmatch_dagster.cli.collect_rounds import collect_rounds
    from jobmatch_dagster.cli.runs import hour_range, run_job
    from jobmatch_dagster.cli.runtime import open_runtime
    from jobmatch_dagster.core.raw.windows import hour_name

    resources = default_resources()
    resources["active_jobs"].client()  # a missing key is reported before anything starts
    with open_runtime() as runtime, runtime.dagster_instance() as instance:

        def collect_hours(first: datetime, last: datetime) -> None:
            run_job(build_defs(), instance, "hourly_collection", tags=hour_range(first, last))
            counts = _open_postings(runtime.database, resources["clock"].now())
            click.echo(f"{hour_name(last)} collected: {counts}")

        collect_rounds(
            collect_hours,
            now=resources["clock"].now,
            pause=None if interval is None else lambda: time.sleep(interval * 60),
            report=lambda error: click.echo(f"jobmatch: {error}; next try in {interval} minute(s)", err=True),
        )


@click.command()
@click.option("--user", "user_key", metavar="USER_KEY", help="Statistics of one user.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, for programs.")
def stats(user_key: str | None, as_json: bool) -> None:
    """Print statistics of the catalog or a user."""
    from rich.console import Console

    from jobmatch_dagster import api
    from jobmatch_dagster.cli.printing import print_job_statistics, print_user_statistics
    from jobmatch_dagster.cli.runtime import open_runtime

    console = Console(width=None if sys.stdout.isatty() else 120)
    with open_runtime() as runtime:
        if user_key is None:
            catalog = api.job_statistics(runtime.database)
            _print_statistics(catalog.to_dict() if as_json else None, lambda: print_job_statistics(catalog, console))
        else:
            user = api.user_statistics(runtime.database, user_key)
            _print_statistics(user.to_dict() if as_json else None, lambda: print_user_statistics(user, console))


@click.command()
@click.option("--pages", type=_PATH, required=True, help="Folder of *.json files, each an array of postings.")
@click.option("--cvs", type=_PATH, required=True, help='File with a line for each CV: {"text": "..."}.')
@click.option("--out", type=_PATH, required=True, help="File of the result, with a line for each CV.")
def evaluate(pages: Path, cvs: Path, out: Path) -> None:
    """Rank any postings for any CVs.

    The ranking uses a temporary database and can be measured on labels of your own. The command writes for each CV,
    in the file's order, {"cv": 0, "ads": [external ids, best first, at most 50]}.
    """
    from jobmatch_dagster.build import default_resources
    from jobmatch_dagster.defs.matching.assets import match_settings
    from jobmatch_dagster.pipeline.quality import evaluate as evaluation
    from jobmatch_dagster.settings import FolderSettings

    resources = default_resources()
    evaluation.evaluate(
        pages,
        cvs,
        out,
        embedder=resources["embedder"],
        settings=match_settings(resources["embedder"], resources["matching"]),
        now=resources["clock"].now(),
        data_folder=FolderSettings.read().data_folder,
        report=lambda line: click.echo(line, err=True),
    )


def _print_statistics(as_json: dict[str, Any] | None, print_tables: Callable[[], None]) -> None:
    if as_json is None:
        print_tables()
    else:
        click.echo(json.dumps(as_json, ensure_ascii=False, indent=2))


def _open_postings(database: "Database", now: datetime) -> str:
    from jobmatch_dagster import api

    found = api.job_statistics(database, now)
    return f"{found.open:,} open postings, {found.discovered_last_24_hours:,} of the last 24 hours."
