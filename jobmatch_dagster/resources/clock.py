"""The clock: the only module that reads the machine's time.

Two times: `ClockResource.now` is the time that the pipeline works with and may be fixed, so that recorded pages are
processed as if they were new. `wall_time` is the machine's time, for whatever is compared with times of a file system,
another server or Dagster.
"""

from datetime import UTC, datetime

import dagster as dg

from jobmatch_dagster.settings import OperationsSettings


class ClockResource(dg.ConfigurableResource[None]):
    """Now: the machine's time, or the fixed time in `JOBMATCH_CLOCK`."""

    def now(self) -> datetime:
        """The time in UTC, timezone-aware."""
        return OperationsSettings.read().clock or wall_time()


def wall_time() -> datetime:
    """The machine's time in UTC, timezone-aware; never fixed."""
    return datetime.now(UTC)
