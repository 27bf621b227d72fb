"""`jobmatch collect`: rounds of `hourly_collection`, of which none leaves an hour behind.

Put here which hours a round asks for. How a run is made stands in `runs.py`.
"""

from collections.abc import Callable
from datetime import datetime

from jobmatch_dagster.cli.runs import RunFailedError
from jobmatch_dagster.core.raw.windows import HOUR, latest_collectable_hour


def collect_rounds(
    collect: Callable[[datetime, datetime], None],
    *,
    now: Callable[[], datetime],
    pause: Callable[[], None] | None = None,
    tell: Callable[[RunFailedError], None],
) -> None:
    """Collect the newest finished hour; with a pause again and again, each time every hour since the last success.

    Args:
        collect: collects the hours from the first to the last, both included, in one run.
        now: the time, UTC.
        pause: waits for the next round; None for a single round.
        tell: is given a failure that passes; the hours of that round are asked for with the next.

    Raises:
        RunFailedError: if the single round fails, or one for a reason that a person must mend.
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
            tell(error)
        else:
            first = last + HOUR
        if pause is None:
            return
        pause()
