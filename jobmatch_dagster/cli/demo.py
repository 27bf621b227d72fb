"""Commands that show the pipeline: `demo` and `dev`."""

import sys
from pathlib import Path

import click

from jobmatch_dagster.cli.help_texts import Command

_FOLDER = click.Path(path_type=Path)


@click.command(cls=Command)
@click.option("--pages", type=_FOLDER, help="Folder of saved API responses (*.json) instead of the generated ones.")
@click.option("--cvs", type=_FOLDER, help="Folder of CVs (the file's stem is the user key) or .jsonl files.")
@click.option("--claude", is_flag=True, help="Use ANTHROPIC_API_KEY. Without this option the demo uses no key.")
def demo(pages: Path | None, cvs: Path | None, claude: bool) -> None:
    """Run the whole pipeline on demo data.

    Postings come from a local server that behaves like the API. Prints each user's best matches.
    """
    from rich.console import Console

    from jobmatch_dagster.build import default_resources
    from jobmatch_dagster.db.connection.urls import safe_url
    from jobmatch_dagster.demo.report import print_matches, print_outcome
    from jobmatch_dagster.demo.run import demo_runtime, read_input, run_demo

    console = Console(width=None if sys.stdout.isatty() else 160)
    demo_input = read_input(pages, cvs)
    with demo_runtime(demo_input, claude=claude) as runtime:
        console.print(f"Database: {safe_url(runtime.database.url)}", highlight=False, markup=False)
        outcome = run_demo(runtime, demo_input, console)
        print_matches(runtime.database, default_resources()["matching"].weights(), console)
        print_outcome(runtime.database, demo_input, outcome, console, command=_dev_command(pages, cvs))


@click.command(cls=Command)
@click.option("--demo", "demo_data", is_flag=True, help="On the demo's data and local server, with automation on.")
@click.option("--pages", type=_FOLDER, help="On the demo of these pages (see `jobmatch demo`).")
@click.option("--cvs", type=_FOLDER, help="On the demo of these CVs (see `jobmatch demo`).")
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    default=3000,
    show_default=True,
    help="Port of the UI; a free one if it is in use.",
)
def dev(demo_data: bool, pages: Path | None, cvs: Path | None, port: int) -> None:
    """Start the Dagster UI on this machine only.

    On demo data the schedules and sensors start switched on. On your own data they start switched off, because they
    spend credits.
    """
    from rich.console import Console

    from jobmatch_dagster.cli.dev_server import serve
    from jobmatch_dagster.cli.runtime import open_runtime
    from jobmatch_dagster.demo.run import demo_runtime, first_day, has_run, read_input, run_demo

    if not (demo_data or pages or cvs):
        with open_runtime() as runtime:
            serve(port, runtime.inbox, automation=None)
        return
    demo_input = read_input(pages, cvs)
    with demo_runtime(demo_input, claude=False) as runtime:
        if not has_run(runtime, demo_input):
            run_demo(runtime, demo_input, Console())
        # With a fixed clock there is no next hour to collect.
        oldest = first_day(runtime.database)
        serve(port, runtime.inbox, automation="sensors" if demo_input.clock else "running", first_day=oldest)


def _dev_command(pages: Path | None, cvs: Path | None) -> str:
    """The command that shows this demo in the UI."""
    if not (pages or cvs):
        return "make dev"
    options = [f"{name} {path}" for name, path in (("--pages", pages), ("--cvs", cvs)) if path]
    return f"{sys.argv[0]} dev {' '.join(options)}"
