"""Statistics, users, matches and preferences as tables on a terminal."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from rich.columns import Columns
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from jobmatch_dagster.core.posting import EXPERIENCE_LEVELS, WORK_ARRANGEMENTS
from jobmatch_dagster.core.profiles.own_facts import OwnFacts
from jobmatch_dagster.core.profiles.preferences import Preferences
from jobmatch_dagster.core.quality.judged import JudgedQuality
from jobmatch_dagster.core.statistics.order import in_order
from jobmatch_dagster.db.profiles.users import ListedUser
from jobmatch_dagster.db.statistics.jobs_and_users import COVERAGE_BAR, JobStatistics, UserStatistics
from jobmatch_dagster.pipeline.matching.match_list import MatchList

_MOST = 12


def print_job_statistics(found: JobStatistics, console: Console) -> None:
    """Print totals of the catalog, counts by source and other properties, and the coverage of the AI fields."""
    seconds = found.median_seconds_to_insert
    age = found.as_of - found.newest_date_created if found.newest_date_created else None
    totals = {
        "postings": f"{found.total:,}",
        "open": f"{found.open:,}",
        "discovered in the last 24 hours": f"{found.discovered_last_24_hours:,}",
        "further copies of the same ad": f"{found.duplicates:,}",
        "age of the newest": _duration(age),
        "median from indexing to the row": _duration(None if seconds is None else timedelta(seconds=seconds)),
    }
    console.print(_table("Catalog", totals))
    console.print(
        Columns(
            [
                _counts("Source", found.by_source, found.total),
                _counts("Work arrangement", in_order(found.by_work_arrangement, WORK_ARRANGEMENTS), found.total),
                _counts("Experience, years", in_order(found.by_experience_level, EXPERIENCE_LEVELS), found.total),
                _counts("Language", found.by_language, found.total),
                _counts("Industry", found.by_industry, found.total),
            ]
        )
    )
    table = Table("AI field", "known", "bar", title="Coverage", title_justify="left")
    for field, share in found.ai_coverage.items():
        bar = COVERAGE_BAR.get(field)
        shown = "-" if share is None else f"{share:.1%}"
        low = share is not None and bar is not None and share < bar
        table.add_row(field, f"[red]{shown}[/red]" if low else shown, f"{bar:.1%}" if bar else "")
    console.print(table)


def print_user_statistics(found: UserStatistics, console: Console) -> None:
    """Print one user's matches and decisions, then industries, scores by level and missing skills."""
    average = found.average_score
    totals = {
        "semantic matches": f"{found.matched_semantic:,}",
        "explained by Claude": f"{found.matched_claude:,}",
        "saved": f"{found.saved:,}",
        "applied": f"{found.applied:,}",
        "rejected": f"{found.rejected:,}",
        "average score": "-" if average is None else f"{average:.1f}",
    }
    levels = {level: f"{score:.1f}" for level, score in found.average_score_by_experience_level.items()}
    console.print(_table(f"User {found.user_key}", totals))
    console.print(
        Columns(
            [
                _counts("Industry", found.top_industries, None),
                _table("Average score by experience, years", levels),
                _counts("Missing skill", found.missing_skills, None),
                _counts("Skill that would complete matches", found.opening_skills, None),
            ]
        )
    )


def print_users(found: Sequence[ListedUser], console: Console) -> None:
    """Print a line for each user; "-" is unknown or not yet."""
    table = Table("user", "experience, years", "field", "profile", "skills", "matches", "last matched")
    for user in found:
        table.add_row(
            escape(user.user_key),
            user.experience_level or "-",
            (user.industries or ["-"])[0],
            _cell(user.profile_version),
            str(user.skills_known),
            f"{user.matches:,}",
            f"{user.matched_at:%Y-%m-%d %H:%M}" if user.matched_at else "-",
        )
    console.print(table)


def print_match_list(found: MatchList, console: Console) -> None:
    """Print a user's matches, best first."""
    if not found.lines:
        console.print("No match. `jobmatch explain USER_KEY EXTERNAL_ID` says why a posting is not among them.")
        return
    table = Table(*(_SHORT.get(column, column) for column in found.columns if column != "reason"))
    reason = found.columns.index("reason")
    for row in found.rows():
        table.add_row(*(escape(_cell(value)) for number, value in enumerate(row) if number != reason))
    console.print(table)
    if found.weights_note:
        console.print(found.weights_note)


# Heads of columns that are wider than their numbers.
_SHORT = {
    "place": "#", "skills": "ski", "experience": "exp", "industry": "ind", "work arrangement": "arr",
    "semantic": "sem", "stated %": "stated %", "place of work": "place",
}  # fmt: skip


def print_judged(found: JudgedQuality, console: Console) -> None:
    """Print how well scores agree with people's judgements."""
    low, high = found.interval or (None, None)
    rows = {
        "judged pairs": f"{found.pairs:,}",
        "CVs with a pair that fits": f"{found.cvs:,}",
        "nDCG@10 of the order by score": _share(found.ndcg_at_10, 3),
        "95 % interval over CVs": "-" if low is None else f"{low:.3f} to {high:.3f}",
        "pairs with a semantic score of 50 or more": _share(found.asked_share),
        "good pairs among them": _share(found.asked_good),
    }
    console.print(_table("Judged pairs", rows))
    table = Table(
        "score from", "pairs", "plausible or better", "good", title="What a score is worth", title_justify="left"
    )
    for line in found.high:
        table.add_row(str(line.score), f"{line.pairs:,}", _share(line.plausible), _share(line.good))
    console.print(table)
    table = Table(
        "part", "nDCG@10 without", "it adds", "95 % interval", title="What each part adds", title_justify="left"
    )
    for part in found.ablations:
        low, high = part.interval or (None, None)
        interval = "-" if low is None else f"{low:+.3f} to {high:+.3f}"
        table.add_row(part.part.replace("_", " "), f"{part.ndcg_at_10:.3f}", f"{part.difference:+.3f}", interval)
    console.print(table)


def _share(value: float | None, digits: int = 0) -> str:
    if value is None:
        return "-"
    return f"{value:.{digits}f}" if digits else f"{value:.1%}"


def print_preferences(preferences: Preferences, version: int | None, console: Console) -> None:
    """Print a user's preferences by field; "-" is a field without one."""
    rows = {name.replace("_", " "): _cell(value) for name, value in preferences.as_row().items()}
    console.print(_table(f"Preferences, version {version or 0}", rows))


def print_own_facts(facts: OwnFacts, console: Console) -> None:
    """Print a user's own facts by field; "-" is a field of which the CV's counts."""
    values = facts.as_row()
    if facts.experience_years is not None:
        values["experience_years"] = f"{facts.experience_years:g}"
    rows = {name.replace("_", " "): escape(_cell(value)) for name, value in values.items()}
    console.print(_table("Own facts", rows))


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    if isinstance(value, float):
        return f"{value:,.0f}" if value == round(value) else f"{value:,g}"
    return "-" if value is None else str(value)


def _counts(title: str, counts: Mapping[str, int], total: int | None) -> Table:
    """Counts, largest first, with their share of the total where there is one."""
    shown = list(counts.items())[:_MOST]
    rest = len(counts) - len(shown)
    rows = {name: f"{n:,}" + (f" {n / total:6.1%}" if total else "") for name, n in shown}
    return _table(title, rows | ({f"{rest} more": ""} if rest else {}))


def _table(title: str, rows: Mapping[str, str]) -> Table:
    table = Table(show_header=False, title=title, title_justify="left")
    table.add_column()
    table.add_column(justify="right")
    for name, value in rows.items():
        table.add_row(name, value)
    return table


def _duration(length: timedelta | None) -> str:
    if length is None:
        return "unknown"
    minutes = int(length.total_seconds() // 60)
    if minutes < 120:
        return f"{minutes} minutes"
    return f"{minutes // 60:,} hours" if minutes < 48 * 60 else f"{minutes // (24 * 60):,} days"
