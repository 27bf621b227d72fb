"""How old assets may become: their freshness policies, and what is notified of."""

from datetime import timedelta

import dagster as dg

# The hourly ones: an hour that fails is made good by the next one.
_HOURLY, _DAILY = timedelta(hours=4), timedelta(hours=26)
MAX_AGE = {
    "catalog/jobs": _HOURLY,
    "catalog/job_embeddings": _HOURLY,
    "matching/semantic_matches": _HOURLY,
    "statistics/job_statistics": _HOURLY,
    "statistics/user_statistics": _DAILY,
}


def freshness_policy(asset: str) -> dg.FreshnessPolicy:
    """The policy of an asset: it fails at its age, and warns at 60 % of it."""
    return dg.FreshnessPolicy.time_window(fail_window=MAX_AGE[asset], warn_window=MAX_AGE[asset] * 0.6)
