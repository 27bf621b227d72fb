"""The partitions: hours and days in UTC, and users.

A partition is the label of a run. What the run works on are the rows that are stale.
"""

import dagster as dg

# Earlier than any posting that the API returns: it goes back six months.
FIRST_DAY = "2024-01-01"

HOURS = dg.HourlyPartitionsDefinition(start_date=f"{FIRST_DAY}-00:00", timezone="UTC")
DAYS = dg.DailyPartitionsDefinition(start_date=FIRST_DAY, timezone="UTC")
USERS = dg.DynamicPartitionsDefinition(name="users")
