"""The rounds of `jobmatch collect`: which hours each one collects, so that none is left out."""

from collections.abc import Callable
from datetime import datetime

from jobmatch_dagster.cli.runs import RunFailedError
from jobmatch_dagster.core.raw.windows import HOUR, latest_collectable_hour


def collect_rounds(
    collect: Callable[[datetime, datetime], None],
    *,
    now: Callable[[], datetime],
    pause: Callable[[], None] | None = None,
    report: Callable[[RunFailedError], None],
) -> None:
    """Collect the newest complete hour; with a pause, repeatedly, each time every hour since the last success.

    Args:
        collect: collects the hours from the first to the last, both included, in one run.
        now: gives the time, UTC.
        pause: waits for the next round; None for a single round.
        report: is given each failure that may pass; the next round collects the hours of the failed one.

    Raises:
        RunFailedError: if the single round fails, or any round for a permanent reason.
    """
    first = None
    while True:
        last = latest_collectable_hour(now())
        first = min(first or last, last)
        try:
            collect(first, last)
        except RunFailedError as error:
            if pause is None or error.permanent:
                raise
            report(error)
        else:
            first = last + HOUR
        if pause is None:
            return
        pause()
