"""The time that the pipeline takes as now.

Put here nothing else: every stage that asks for the time asks this resource, so that recorded pages can be
worked on as if they were of today.
"""

import os
from datetime import UTC, datetime

import dagster as dg

CLOCK_VARIABLE = "JOBMATCH_CLOCK"


class ClockResource(dg.ConfigurableResource[None]):
    """Now in UTC; a fixed time when `JOBMATCH_CLOCK` gives one (ISO 8601), as the demo on recorded pages does."""

    def now(self) -> datetime:
        """The time, timezone-aware UTC."""
        fixed = os.environ.get(CLOCK_VARIABLE)
        return datetime.fromisoformat(fixed).astimezone(UTC) if fixed else datetime.now(UTC)
