"""Commands on matches: `matches`, `explain` and `decide`."""

import csv
import json
import sys
from typing import TYPE_CHECKING

import click

from jobmatch_dagster import names
from jobmatch_dagster.cli.help_texts import Command
from jobmatch_dagster.core.catalog.signs import KINDS

if TYPE_CHECKING:
    from jobmatch_dagster.pipeline.matching.match_list import MatchList


# The wide forms too: spreadsheets of some languages read them alike.
_FORMULA_STARTS = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")


@click.command(cls=Command)
@click.argument("user_key")
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="Most lines.")
@click.option("--min-score", type=click.IntRange(0, 100), help="Lowest score.")
@click.option("--status", type=click.Choice(names.DECISIONS), help="Only matches with this decision.")
@click.option("--without-signs", metavar="KIND[,KIND]", default="", help=f"Leave out postings with {', '.join(KINDS)}.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, for programs.")
@click.option("--csv", "as_csv", is_flag=True, help="As CSV, for spreadsheets.")
def matches(
    user_key: str,
    limit: int,
    min_score: int | None,
    status: str | None,
    without_signs: str,
    as_json: bool,
    as_csv: bool,
) -> None:
    """Print a user's matches, best first.

    Postings of one cluster (the same ad in several towns) are one line. The job show_matches shows the same list.
    """
    from jobmatch_dagster.cli.runtime import open_runtime
    from jobmatch_dagster.pipeline.matching.match_list import list_matches

    if as_json and as_csv:
        raise click.UsageError("Give either --json or --csv.")
    with open_runtime(prepare_dagster=False, must_exist=True) as runtime, runtime.database.read() as connection:
        found = list_matches(
            connection,
            user_key,
            status=status,
            min_score=min_score,
            without_signs=[kind.strip() for kind in without_signs.split(",") if kind.strip()],
            most=limit,
        )
    if as_json:
        click.echo(json.dumps(found.lines, ensure_ascii=False, indent=2, default=str))
    elif as_csv:
        _print_csv(found)
    else:
        from rich.console import Console

        from jobmatch_dagster.cli.printing import print_match_list

        print_match_list(found, Console(width=None if sys.stdout.isatty() else 160))


def _print_csv(found: "MatchList") -> None:
    writer = csv.writer(sys.stdout)
    writer.writerow(found.columns)
    writer.writerows([[_plain(value) for value in row] for row in found.rows()])


def _plain(value: object) -> object:
    """A value that no spreadsheet takes for a formula: titles are text of strangers."""
    shown = value if isinstance(value, int | float) else "" if value is None else str(value)
    return f"'{shown}" if isinstance(shown, str) and shown.lstrip().startswith(_FORMULA_STARTS) else shown


@click.command(cls=Command)
@click.argument("user_key")
@click.argument("external_id")
@click.option("--embed-again", is_flag=True, help="Compare the stored vectors with new ones; loads the model.")
def explain(user_key: str, external_id: str, embed_again: bool) -> None:
    """Print why a match has its score.

    Where there is no match, it prints why not. The job explain_match shows the same page.
    """
    from jobmatch_dagster.build import default_resources
    from jobmatch_dagster.cli.runtime import open_runtime
    from jobmatch_dagster.defs.matching.assets import match_settings
    from jobmatch_dagster.pipeline.explain.page import explain as explain_pair

    resources = default_resources()
    settings = match_settings(resources["embedder"], resources["matching"])
    # Nothing is written, so that a login that may only read is enough.
    with open_runtime(prepare_dagster=False, must_exist=True) as runtime:
        explained = explain_pair(
            runtime.database,
            settings,
            user_key,
            external_id,
            now=resources["clock"].now(),
            embedder=resources["embedder"] if embed_again else None,
            claude=resources["claude"],
        )
    click.echo(explained.page.text())


@click.command(cls=Command)
@click.argument("user_key")
@click.argument("external_id")
@click.argument("decision", type=click.Choice(names.DECISIONS))
@click.option("--reason", type=click.Choice(names.REASONS), help="Why, in one word.")
@click.option("--note", help="Why, in the user's own words: at most 500 characters.")
def decide(user_key: str, external_id: str, decision: str, reason: str | None, note: str | None) -> None:
    """Set a user's decision on a match, and say why. No later matching changes it."""
    from jobmatch_dagster import api
    from jobmatch_dagster.cli.runtime import open_runtime

    with open_runtime(must_exist=True) as runtime:
        changed = api.decide(runtime.database, user_key, external_id, decision, reason=reason, note=note)
    click.echo(decision if changed else f"{decision}, as before")
