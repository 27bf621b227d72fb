"""From the API to stored pages: which hours are missing, which feed has them, one sweep through it.

Put here the order of the steps. HTTP, time windows and SQL have modules of their own; no Dagster here.
"""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from jobmatch_dagster.core.windows import Sweep, choose_sweep
from jobmatch_dagster.db import pages
from jobmatch_dagster.db.engine import Database
from jobmatch_dagster.db.locks import COLLECTING, exclusively
from jobmatch_dagster.resources.active_jobs_client import ActiveJobsClient, PageResponse, Quota

HOUR = timedelta(hours=1)


@dataclass
class CollectReport:
    """What a collection asked for and got. `credits` are job credits: one per returned record."""

    asked_hours: int = 0
    missing_hours: int = 0
    endpoint: str | None = None
    calls: int = 0
    pages: int = 0
    records: int = 0
    credits: int = 0
    complete: bool = True
    quota: Quota | None = None
    missing: list[datetime] = field(default_factory=list)
