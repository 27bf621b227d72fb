"""The output of the demo: each user's best postings, with the reasons."""

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from sqlalchemy import Row

from jobmatch_dagster.core.matching.scoring import PARTS, SCORE_COLUMNS, Weights
from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.demo.run import DemoInput, DemoOutcome, unreadable_cvs

USERS_SHOWN, MATCHES_SHOWN = 10, 5
_SKILLS_SHOWN, _SKIPPED_SHOWN = 4, 10


def print_matches(database: Database, weights: Weights, console: Console) -> None:
    """Print a table for each of the first users: score, its parts, posting, matching and missing skills.

    Args:
        database: where the matches are.
        weights: that they were scored with.
        console: where to print.
    """
    rows = database.fetch("matching/best_matches", {"users": USERS_SHOWN, "most": MATCHES_SHOWN})
    by_user: dict[str, list[Row[Any]]] = {}
    for row in rows:
        by_user.setdefault(row.user_key, []).append(row)
    for user_key, best in by_user.items():
        table = Table(
            title=f"{escape(user_key)}: experience {best[0].experience_level or 'unknown'} years, "
            f"{best[0].skills_known} skills, {best[0].kept} matches",
            title_justify="left",
            title_style="bold",
            expand=True,
        )
        for name, options in _COLUMNS:
            table.add_column(name, **options)
        for row in best:
            if row.external_id is not None:
                table.add_row(*(escape(cell) for cell in _cells(row)))
        console.print(table)
    console.print(legend(weights), style="dim", highlight=False)


def legend(weights: Weights) -> str:
    """One line under the tables: what the columns of the parts mean, and how much each part counts."""
    shares = weights.shares()
    parts = (f"{part.replace('_', ' ')} ({_short_name(part)}, {100 * shares[part]:.0f} %)" for part in PARTS)
    return f"Parts of the score, 0 to 100, with their weights: {', '.join(parts)}. A part that is unknown is -."


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
    ("Matching skills", {"ratio": 3, "style": "green"}),
    ("Missing skills", {"ratio": 3, "style": "yellow"}),
)


def _cells(row: Row[Any]) -> list[str]:
    parts = [getattr(row, column) for column in SCORE_COLUMNS]
    return [
        str(row.match_score),
        *("-" if part is None else str(part) for part in parts),
        f"{row.title}, {row.company}" + (f" ({row.location})" if row.location else ""),
        _shortened(row.matching_skills),
        _shortened(row.missing_skills),
    ]


def _shortened(skills: list[str] | None) -> str:
    if not skills:
        return "-"
    more = f" +{len(skills) - _SKILLS_SHOWN}" if len(skills) > _SKILLS_SHOWN else ""
    return ", ".join(skills[:_SKILLS_SHOWN]) + more
