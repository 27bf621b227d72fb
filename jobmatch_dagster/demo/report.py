"""The output of the demo: each user's best postings, with the reasons."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from jobmatch_dagster.core.matching.scoring import PARTS, SCORE_COLUMNS, Weights
from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.db.profiles.users import read_users
from jobmatch_dagster.demo.run import DemoInput, DemoOutcome, unreadable_cvs
from jobmatch_dagster.pipeline.matching.match_list import list_matches, place_of_work

USERS_SHOWN, MATCHES_SHOWN = 10, 5
_SKILLS_SHOWN, _SKIPPED_SHOWN = 4, 10


def print_matches(database: Database, weights: Weights, console: Console) -> None:
    """Print a table for each of the first users: score, its parts, posting, matching and missing skills.

    Args:
        database: where the matches are.
        weights: that they were scored with.
        console: where to print.
    """
    with database.read() as connection:
        users = read_users(connection, with_profile=True, most=USERS_SHOWN)
        lists = {user.user_key: list_matches(connection, user.user_key, most=MATCHES_SHOWN).lines for user in users}
    for user in users:
        table = Table(
            title=f"{escape(user.user_key)}: experience {user.experience_level or 'unknown'} years, "
            f"{user.skills_known} skills, {user.matches} matches",
            title_justify="left",
            title_style="bold",
            expand=True,
        )
        for name, options in _COLUMNS:
            table.add_column(name, **options)
        for line in lists[user.user_key]:
            table.add_row(*(escape(cell) for cell in _cells(line)))
        console.print(table)
    console.print(legend(weights), style="dim", highlight=False)


def legend(weights: Weights) -> str:
    """One line under the tables: what the columns of the parts mean, and how much each part counts."""
    shares = weights.shares()
    parts = (f"{part.replace('_', ' ')} ({_short_name(part)}, {100 * shares[part]:.0f} %)" for part in PARTS)
    return (
        f"Parts of the score, 0 to 100, with their weights: {', '.join(parts)}. A part that is unknown is -; the "
        "semantic part gets its weight. `jobmatch explain USER_KEY ID` says why a match has its score."
    )


def print_outcome(
    database: Database, demo_input: DemoInput, outcome: DemoOutcome, console: Console, *, command: str
) -> None:
    """Print what was skipped, whether anything changed, and the next command."""
    skipped = [*demo_input.skipped, *unreadable_cvs(database)]
    if skipped:
        console.print(f"\nSkipped ({len(skipped)}):")
        for name, reason in skipped[:_SKIPPED_SHOWN]:
            console.print(f"  {name}: {reason}", markup=False, highlight=False)
        if len(skipped) > _SKIPPED_SHOWN:
            console.print(f"  and {len(skipped) - _SKIPPED_SHOWN} more")
    done = (
        f"{outcome.changed_rows:,} rows written"
        if outcome.changed_rows
        else "Everything was done before, no row changed"
    )
    waiting = database.fetch("enrichment/waiting_counts", {"user_keys": None})[0].pairs
    console.print(f"\n{done} in {outcome.seconds:.0f} s. {waiting:,} pairs are waiting for Claude.", highlight=False)
    console.print(f"Open the Dagster UI: [bold]{command}[/bold]", highlight=False)


def _short_name(part: str) -> str:
    """Three letters for the head of a column: `work_arrangement` is Arr."""
    return part.rsplit("_", maxsplit=1)[-1][:3].capitalize()


_COLUMNS: Sequence[tuple[str, dict[str, Any]]] = (
    ("Score", {"justify": "right", "style": "bold", "no_wrap": True}),
    *((_short_name(part), {"justify": "right"}) for part in PARTS),
    ("Posting", {"ratio": 4}),
    ("Id", {"no_wrap": True}),
    ("Matching skills", {"ratio": 3, "style": "green"}),
    ("Missing skills", {"ratio": 3, "style": "yellow"}),
)


def _cells(line: Mapping[str, Any]) -> list[str]:
    parts = [line[column] for column in SCORE_COLUMNS]
    return [
        str(line["match_score"]),
        *("-" if part is None else str(part) for part in parts),
        f"{line['title']}, {line['company']} ({place_of_work(line)})",
        line["external_id"],
        _shortened(line["matching_skills"]),
        _shortened(line["missing_skills"]),
    ]


def _shortened(skills: list[str] | None) -> str:
    if not skills:
        return "-"
    more = f" +{len(skills) - _SKILLS_SHOWN}" if len(skills) > _SKILLS_SHOWN else ""
    return ", ".join(skills[:_SKILLS_SHOWN]) + more
