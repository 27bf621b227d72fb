"""A week of the market in numbers, with the week before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Connection

from jobmatch_dagster.core.matching.salaries import likely_unit, per_year
from jobmatch_dagster.core.posting import EXPERIENCE_LEVELS
from jobmatch_dagster.core.statistics.pay import PayBand, pay_bands
from jobmatch_dagster.db.connection.engine import run_query

MOST_NAMED = 20


@dataclass(frozen=True)
class Count:
    """How many postings name something, in the week and in the week before."""

    name: str
    postings: int
    before: int


@dataclass(frozen=True)
class WeekOfMarket:
    """One week. `totals` are postings, companies and places; `demand` is by kind: skill, industry, place, company."""

    totals: Mapping[str, tuple[int, int]]
    demand: Mapping[str, Sequence[Count]]
    pay: Sequence[PayBand]


def week_of_market(connection: Connection, before: datetime, start: datetime, end: datetime) -> WeekOfMarket:
    """The postings that were indexed in [start, end), beside those of [before, start)."""
    now, then = (
        run_query(connection, "statistics/week_counts", {"start": first, "end": last})[0]
        for first, last in ((start, end), (before, start))
    )
    ranges = {"before": before, "start": start, "end": end, "most": MOST_NAMED}
    demand: dict[str, list[Count]] = {}
    for row in run_query(connection, "statistics/week_demand", ranges):
        demand.setdefault(row.kind, []).append(Count(row.name, row.postings, row.postings_before))
    rows = run_query(connection, "statistics/week_salaries", {"start": start, "end": end})
    salaries = [
        (row.field, row.level, row.currency, yearly)
        for row in rows
        if (yearly := _yearly(row.low, row.high, row.unit, row.currency)) is not None
    ]
    return WeekOfMarket(
        totals={name: (getattr(now, name), getattr(then, name)) for name in ("postings", "companies", "places")},
        demand=demand,
        pay=pay_bands(salaries, levels=EXPERIENCE_LEVELS),
    )


def _yearly(low: Decimal | None, high: Decimal | None, unit: str | None, currency: str | None) -> float | None:
    """The middle of a salary a year; None where the amount or the unit is not stated, or the unit makes no sense."""
    known = [float(amount) for amount in (low, high) if amount is not None]
    if not known or likely_unit(known[0], unit, currency) is not None:
        return None
    yearly = per_year(sum(known) / len(known), unit)
    return None if yearly is None else float(yearly)
