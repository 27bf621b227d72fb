"""Metadata of the statistics assets: numbers, tables and pictures."""

from collections.abc import Mapping, Sequence
from typing import Any

import dagster as dg

from jobmatch_dagster.core.markdown import markdown_table
from jobmatch_dagster.core.posting import EXPERIENCE_LEVELS, WORK_ARRANGEMENTS
from jobmatch_dagster.core.statistics.order import in_order
from jobmatch_dagster.core.statistics.pay import FEWEST
from jobmatch_dagster.db.statistics.jobs_and_users import COVERAGE_BAR, JobStatistics, UserStatistics
from jobmatch_dagster.db.statistics.market import WeekOfMarket
from jobmatch_dagster.observability.plots import histogram, horizontal_bars, hours_bar
from jobmatch_dagster.observability.previews import preview
from jobmatch_dagster.pipeline.statistics.summary import UsersSummary

_USERS_SHOWN = 20


def job_metadata(found: JobStatistics) -> dict[str, Any]:
    """The catalog as one page, and the numbers that are plotted over time; those that are unknown are left out."""
    numbers = {
        "jobs": found.total,
        "open_jobs": found.open,
        "jobs_last_24_hours": found.discovered_last_24_hours,
        "duplicates": found.duplicates,
        "sources": len(found.by_source),
        "median_seconds_to_insert": _whole(found.median_seconds_to_insert),
        "newest_date_created": found.newest_date_created.isoformat() if found.newest_date_created else None,
        **{f"{field}_share": _rounded(found.ai_coverage[field], 4) for field in COVERAGE_BAR},
    }
    known = {name: value for name, value in numbers.items() if value is not None}
    return {"page": dg.MetadataValue.md(catalog_page(found)), **known}


def catalog_page(found: JobStatistics) -> str:
    """What `jobmatch stats` prints, as Markdown with charts."""
    newest = f"{found.newest_date_created:%Y-%m-%d %H:%M} UTC" if found.newest_date_created else "unknown"
    totals = [
        ("postings", found.total),
        ("open", found.open),
        ("discovered in the last 24 hours", found.discovered_last_24_hours),
        ("further copies of the same ad", found.duplicates),
        ("newest indexed", newest),
        ("median seconds from indexing to the row", _whole(found.median_seconds_to_insert)),
    ]
    hours = hours_bar(list(found.by_hour), list(found.by_hour.values()), [], "Postings indexed per hour (UTC)")
    coverage = [
        (field, None if share is None else f"{share:.1%}", f"{bar:.1%}" if (bar := COVERAGE_BAR.get(field)) else None)
        for field, share in found.ai_coverage.items()
    ]
    charts = (
        ("Sources", found.by_source),
        ("Work arrangements", in_order(found.by_work_arrangement, WORK_ARRANGEMENTS)),
        ("Years of experience", in_order(found.by_experience_level, EXPERIENCE_LEVELS)),
        ("Industries", found.by_industry),
        ("Languages", found.by_language),
    )
    return "\n\n".join(
        (
            f"## The catalog, {found.as_of:%Y-%m-%d %H:%M} UTC",
            markdown_table(totals, ("", "number")),
            hours.value or "",
            *(_bars(counts, f"Postings by {title.lower()}").value or "" for title, counts in charts),
            "### Fields that the vendor's AI filled",
            markdown_table(coverage, ("field", "known", "expected")),
        )
    )


def user_page(found: UserStatistics) -> str:
    """One user's matches in numbers, as `jobmatch stats --user` prints them."""
    totals = [
        ("matches", found.matched_semantic),
        ("explained by Claude", found.matched_claude),
        ("saved", found.saved),
        ("applied", found.applied),
        ("rejected", found.rejected),
        ("average score", _rounded(found.average_score, 1)),
    ]
    lists = (
        ("industry", "matches", found.top_industries),
        ("missing skill", "matches that ask for it", found.missing_skills),
        ("skill that opens most", "matches that it would complete", found.opening_skills),
    )
    tables = [markdown_table(list(counts.items()), (name, unit)) for name, unit, counts in lists if counts]
    return "\n\n".join((markdown_table(totals, ("", "number")), *tables))


def market_metadata(found: WeekOfMarket, *, week: str) -> dict[str, Any]:
    """A week of the market as one page, and its totals for plots."""
    totals = [(name, now, before, _change(now, before)) for name, (now, before) in found.totals.items()]
    parts = [f"## The week from {week}", markdown_table(totals, ("", "this week", "the week before", "change"))]
    for kind, title in _DEMAND.items():
        counts = found.demand.get(kind, ())
        rows = [(count.name, count.postings, count.before, _change(count.postings, count.before)) for count in counts]
        columns = (kind, "postings", "the week before", "change")
        parts += [f"### {title}", markdown_table(rows, columns) if rows else "None."]
    pay = [
        (band.field, band.level, band.currency, band.salaries, *(round(value, -2) for value in
         (band.p10, band.p25, band.p50, band.p75, band.p90)))
        for band in found.pay
    ]  # fmt: skip
    bands = ("field", "experience, years", "currency", "ads", "p10", "p25", "median", "p75", "p90")
    few = f"Fewer than {FEWEST} stated salaries in every field and level."
    parts += ["### Pay a year, percentiles of stated salaries", markdown_table(pay, bands) if pay else few]
    numbers = {name: now for name, (now, _) in found.totals.items()}
    return {"page": dg.MetadataValue.md("\n\n".join(parts)), **numbers, "pay_bands": len(found.pay)}


_DEMAND = {"skill": "Skills in demand", "industry": "Fields", "place": "Places", "company": "Companies that hire"}


def _change(now: int, before: int) -> str:
    """In percent; unknown where nothing was before."""
    return f"{100 * (now - before) / before:+.0f} %" if before else "unknown"


def _whole(value: float | None) -> int | None:
    return None if value is None else round(value)


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)


def user_metadata(found: UsersSummary) -> dict[str, Any]:
    """The matches of all users in numbers, tables and pictures. Users are named by `users.id` alone."""
    return {
        "users": len(found.by_user),
        "users_with_matches": found.users_with_matches,
        "matches": found.matches,
        "matches_with_claude": found.matches_with_claude,
        **found.decisions,
        "by_user": _user_table(found.by_user),
        "matches_of_a_user": histogram(
            [user.matched_semantic for user in found.by_user], "Matches of a user", y_label="users"
        ),
        "decisions": _bars(found.decisions, "Decisions of all users"),
        "top_industries": _bars(found.industries, "Industries of the matches"),
        "score_by_level": _bars(
            in_order(found.score_by_level, EXPERIENCE_LEVELS), "Average score by years of experience, mean of all users"
        ),
        "missing_skills": _bars(found.missing_skills, "Users who lack a skill that their matches ask for"),
    }


def _user_table(users: Sequence[UserStatistics]) -> dg.TableMetadataValue:
    columns = ("users.id", "matches", "judged by Claude", "saved", "applied", "rejected", "average score",
               "top industry", "most missing skill")  # fmt: skip
    rows = (
        (user.user_id, user.matched_semantic, user.matched_claude, user.saved, user.applied, user.rejected,
         _rounded(user.average_score, 1), next(iter(user.top_industries), None), next(iter(user.missing_skills), None))
        for user in users
    )  # fmt: skip
    return preview(rows, columns, limit=_USERS_SHOWN)


def _bars(counts: Mapping[str, float], title: str) -> dg.MarkdownMetadataValue:
    return horizontal_bars(list(counts), list(counts.values()), title)
