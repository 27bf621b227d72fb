"""Progress of long steps, as lines on stderr (the compute log in the UI): at most one every two seconds.

The lines are no Dagster events: a run writes as many events for ten postings as for a thousand.
"""

import logging
import sys
import time

from jobmatch_dagster.core.progress import Progress

SECONDS_BETWEEN_LINES = 2.0
progress_logger = logging.getLogger("jobmatch.progress")


def log_progress(what: str) -> Progress:
    """A callback that logs how far a step is.

    Args:
        what: plural noun with its verb, for instance "postings embedded".
    """
    if not progress_logger.handlers:
        progress_logger.addHandler(logging.StreamHandler(sys.stderr))
        progress_logger.setLevel(logging.INFO)
        progress_logger.propagate = False
    began = last_line_at = time.monotonic()

    def log_line(done: int, total: int) -> None:
        nonlocal last_line_at
        now = time.monotonic()
        if now - last_line_at >= SECONDS_BETWEEN_LINES:
            progress_logger.info("%s of %s %s%s", f"{done:,}", f"{total:,}", what, _pace(done, total, now - began))
            last_line_at = now

    return log_line


def _pace(done: int, total: int, seconds: float) -> str:
    """Rate and time left: " (34 a second, 3 min left)"."""
    if not done:
        return ""
    rate = done / seconds
    left = (total - done) / rate
    shown = f"{left / 60:,.0f} min" if left >= 90 else f"{left:.0f} s"
    return f" ({rate:,.0f} a second, {shown} left)" if rate >= 1 else f" ({60 * rate:,.0f} a minute, {shown} left)"
