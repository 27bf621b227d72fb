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
    last_line_at = time.monotonic()

    def log_line(done: int, total: int) -> None:
        nonlocal last_line_at
        if time.monotonic() - last_line_at >= SECONDS_BETWEEN_LINES:
            progress_logger.info("%s of %s %s", f"{done:,}", f"{total:,}", what)
            last_line_at = time.monotonic()

    return log_line
