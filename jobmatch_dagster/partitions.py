"""The partitions: hours, days and weeks (from Monday) in UTC, users, and buckets.

A partition is the label of a run. What the run works on are the rows that are stale.
"""

import dagster as dg

from jobmatch_dagster.core.buckets import all_buckets
from jobmatch_dagster.settings import OperationsSettings

_FIRST_DAY = OperationsSettings.read().first_day.isoformat()

# The API answers for an hour when the next one has ended, so the newest partition is the one before the last full hour.
HOURS = dg.HourlyPartitionsDefinition(start_date=f"{_FIRST_DAY}-00:00", timezone="UTC", end_offset=-1)
DAYS = dg.DailyPartitionsDefinition(start_date=_FIRST_DAY, timezone="UTC")
WEEKS = dg.WeeklyPartitionsDefinition(start_date=_FIRST_DAY, timezone="UTC", day_offset=1)
USERS = dg.DynamicPartitionsDefinition(name="users")


def bucket_partitions(count: int) -> dg.StaticPartitionsDefinition:
    """A partition for each bucket of users or postings."""
    return dg.StaticPartitionsDefinition([bucket.key for bucket in all_buckets(count)])
