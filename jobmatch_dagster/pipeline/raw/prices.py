"""The plan of a collection: which hours are missing, which feeds have them, and what each would cost."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from jobmatch_dagster.core.markdown import markdown_table
from jobmatch_dagster.core.raw.prices import FeedPrice, Volume, expected_credits, feed_prices
from jobmatch_dagster.core.raw.windows import HOUR, Sweep, choose_sweep, hour_name
from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.db.raw import hours as hour_rows
from jobmatch_dagster.db.raw import pages
from jobmatch_dagster.resources.active_jobs_client import ActiveJobsClient

# What hours held in the last four weeks.
_LOOK_BACK = timedelta(days=28)


@dataclass(frozen=True)
class CollectionPlan:
    """What a collection of some hours would do.

    Attributes:
        asked: number of hours asked for.
        stored: of these, the ones that are complete; they cost nothing again.
        sweeps: what would be fetched, in order; empty when every hour is complete.
        feeds: every feed that has the missing hours, the cheapest first.
        credits: expected job credits of the sweeps; None if no hour was ever collected.
        hours_known: number of collected hours that the expectation rests on.
    """

    asked: int
    stored: int
    sweeps: list[Sweep]
    feeds: list[FeedPrice]
    credits: int | None
    hours_known: int

    @property
    def chosen(self) -> str:
        """The feed that a collection takes; "" when every hour is complete."""
        return self.sweeps[0].endpoint if self.sweeps else ""

    def summary(self) -> str:
        """The plan in a sentence."""
        if not self.sweeps:
            return f"All {self.asked} hours are complete; collecting them again costs nothing."
        price = "an unknown number of" if self.credits is None else f"about {self.credits:,}"
        basis = "No hour was collected yet" if self.credits is None else f"Estimated from {self.hours_known:,} hours"
        return (
            f"{self.asked - self.stored} of {self.asked} hours are missing. Collecting them costs {price} credits "
            f"(feed {self.chosen}). {basis}."
        )

    def rows(self) -> list[tuple[str, str, str, str]]:
        """A row for each feed: name, expected credits, what it misses, whether it is taken."""
        return [
            (
                price.endpoint,
                "unknown" if price.credits is None else f"{price.credits:,}",
                price.misses,
                "taken" if price.endpoint == self.chosen else "",
            )
            for price in self.feeds
        ]

    def markdown(self) -> str:
        """The plan as a page."""
        table = markdown_table(self.rows(), PLAN_COLUMNS) if self.feeds else ""
        spans = "".join(
            f"\n- {sweep.endpoint}: {hour_name(sweep.window_start)} to {hour_name(sweep.window_end - HOUR)}"
            for sweep in self.sweeps
            if sweep.window_start and sweep.window_end
        )
        return "\n\n".join(part for part in (self.summary(), table, spans.strip()) if part)


PLAN_COLUMNS = ("feed", "credits", "misses", "choice")


def plan_collection(
    database: Database, client: ActiveJobsClient, asked: Iterable[datetime], *, now: datetime
) -> CollectionPlan:
    """What a collection of these hours would fetch and cost. Nothing is fetched or stored.

    Raises:
        HourNotAvailableError: if an hour is not complete yet, or no longer in the API.
    """
    hours = set(asked)
    with database.read() as connection:
        covered = pages.covered_hours(connection, min(hours), max(hours) + HOUR, client.filters)
        volume = read_volume(connection, now)
    sweeps = planned_sweeps(hours - covered, now, by_index_time=client.selects_by_index_time)
    feeds = feed_prices(sweeps, now, volume, by_index_time=client.selects_by_index_time) if sweeps else []
    return CollectionPlan(
        asked=len(hours),
        stored=len(hours & covered),
        sweeps=sweeps,
        feeds=feeds,
        credits=expected_credits(sweeps, volume, by_index_time=client.selects_by_index_time),
        hours_known=len(volume.postings),
    )


def planned_sweeps(missing: set[datetime], now: datetime, *, by_index_time: bool) -> list[Sweep]:
    """The sweeps that fetch these hours, in order."""
    sweeps: list[Sweep] = []
    while missing:
        sweep = choose_sweep(missing, now, by_index_time=by_index_time)
        sweeps.append(sweep)
        missing = {hour for hour in missing if not sweep.covers(hour)}
    return sweeps


def read_volume(connection: Connection, now: datetime) -> Volume:
    """Postings of the hours that were collected in the last four weeks."""
    rows = hour_rows.read_hours(connection, now.replace(minute=0, second=0, microsecond=0) - _LOOK_BACK, now)
    return Volume({row.hour: row.postings for row in rows if row.fetched})
