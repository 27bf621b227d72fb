"""What a collection will cost, before it is paid: postings that its feeds return, from what hours have held so far."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import fmean

from jobmatch_dagster.core.raw.windows import (
    HOUR,
    LOOK_BACK,
    Sweep,
    hours_between,
    latest_collectable_hour,
    posted_after,
)


@dataclass(frozen=True)
class Volume:
    """Numbers of postings by hour, of hours that were collected."""

    postings: Mapping[datetime, int]

    def expected(self, start: datetime, end: datetime) -> int | None:
        """Postings indexed in [start, end); None while no hour was collected.

        An hour that was collected counts as it is, another one as the mean of the same hour on other days, else of all.
        """
        if not self.postings:
            return None
        by_hour: dict[int, list[int]] = {}
        for hour, count in self.postings.items():
            by_hour.setdefault(hour.hour, []).append(count)
        means = {hour: fmean(counts) for hour, counts in by_hour.items()}
        overall = fmean(self.postings.values())
        hours = hours_between(start, end)
        return round(sum(self.postings.get(hour, means.get(hour.hour, overall)) for hour in hours))


@dataclass(frozen=True)
class FeedPrice:
    """One way to collect hours.

    Attributes:
        endpoint: the feed.
        credits: job credits that it is expected to cost; None if unknown.
        misses: what it lacks, in words.
    """

    endpoint: str
    credits: int | None
    misses: str


def expected_credits(sweeps: Sequence[Sweep], volume: Volume, *, by_index_time: bool) -> int | None:
    """Job credits that sweeps are expected to cost together: one for each posting returned. None if unknown."""
    counts = [_credits(sweep, volume, by_index_time) for sweep in sweeps]
    known = [count for count in counts if count is not None]
    return sum(known) if len(known) == len(counts) else None


def _credits(sweep: Sweep, volume: Volume, by_index_time: bool) -> int | None:
    if sweep.window_start is None or sweep.window_end is None:
        return 0
    start = sweep.window_start
    if sweep.endpoint == "7d" and not by_index_time:
        start = max(posted_after(start), sweep.window_end - LOOK_BACK["7d"])
    return volume.expected(start.replace(minute=0, second=0), sweep.window_end)


def feed_prices(sweeps: list[Sweep], now: datetime, volume: Volume, *, by_index_time: bool) -> list[FeedPrice]:
    """Every feed that has the hours of these sweeps, the cheapest first.

    Args:
        sweeps: what a collection would make; of the second generation, one for each run of hours.
        now: the current time.
        volume: what hours have held.
        by_index_time: whether the API selects by the time of indexing.
    """
    first = min(sweep.window_start for sweep in sweeps if sweep.window_start)
    end = latest_collectable_hour(now) + HOUR
    prices = [_price([Sweep("1h", first, end)], volume, by_index_time)] if first == end - HOUR else []
    for endpoint, look_back in LOOK_BACK.items():
        if first < end - look_back:
            continue
        if by_index_time:
            same = [Sweep(endpoint, sweep.window_start, sweep.window_end) for sweep in sweeps]
        else:
            same = [Sweep(endpoint, first if endpoint == "7d" else end - look_back, end)]
        prices.append(_price(same, volume, by_index_time))
    return sorted(prices, key=lambda price: price.credits or 0)


def _price(sweeps: list[Sweep], volume: Volume, by_index_time: bool) -> FeedPrice:
    endpoint = sweeps[0].endpoint
    misses = "nothing"
    if endpoint == "7d" and not by_index_time:
        misses = "ads that were indexed more than a day after their posting"
    elif endpoint == "6m":
        misses = "ads that were closed since"
    return FeedPrice(endpoint, expected_credits(sweeps, volume, by_index_time=by_index_time), misses)
