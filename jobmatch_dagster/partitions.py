"""The partitions of the graph: hours and days in UTC, and users.

A partition labels a run; what a stage works on is what the tables say is stale.
"""

import dagster as dg

# Six months before the project's first release: the longest look-back that the API offers.
FIRST_DAY = "2024-01-01"

HOURS = dg.HourlyPartitionsDefinition(start_date=f"{FIRST_DAY}-00:00", timezone="UTC")
DAYS = dg.DailyPartitionsDefinition(start_date=FIRST_DAY, timezone="UTC")
USERS = dg.DynamicPartitionsDefinition(name="users")
