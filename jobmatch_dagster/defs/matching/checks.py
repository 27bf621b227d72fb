"""Checks of the matching stage: nobody waits for matches, and the threshold for Claude means something."""

import dagster as dg

from jobmatch_dagster.core.matching.scoring import CLAUDE_THRESHOLD
from jobmatch_dagster.db.matching.matches import score_bands
from jobmatch_dagster.db.profiles.profiles import users_to_match
from jobmatch_dagster.resources.postgres import PostgresResource

# Outside of this share of the kept pairs the calibration no longer separates.
_MIN_SHARE, _MAX_SHARE = 0.01, 0.9
_MAX_NAMED = 10


@dg.asset_check(asset=["matching", "semantic_matches"], description="Every current profile is matched.")
def no_stale_users(database: PostgresResource) -> dg.AssetCheckResult:
    """Users whose profile is newer than their matches."""
    with database.database().begin() as connection:
        stale = users_to_match(connection)
    return dg.AssetCheckResult(
        passed=not stale,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={
            "stale_users": len(stale),
            "users": ", ".join(user.user_key for user in stale[:_MAX_NAMED]) or "none",
            "recovery": "Turn cv_profile_sensor on, or launch match_users with these keys.",
        },
    )


@dg.asset_check(asset=["matching", "semantic_matches"], description="A semantic score of 50 separates.")
def threshold_separates(database: PostgresResource) -> dg.AssetCheckResult:
    """Share of the kept pairs that the threshold sends to Claude: neither nearly none nor nearly all."""
    with database.database().begin() as connection:
        bands = score_bands(connection)
    total = sum(bands.values())
    share = sum(n for low, n in bands.items() if low >= CLAUDE_THRESHOLD) / total if total else 0.0
    return dg.AssetCheckResult(
        passed=total == 0 or _MIN_SHARE <= share <= _MAX_SHARE,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={
            "pairs": total,
            "share_at_threshold": share,
            **{f"pairs_from_{low}": n for low, n in bands.items()},
            "recovery": "Materialize quality/score_calibration to fit the scores to this catalogue.",
        },
    )


checks = [no_stale_users, threshold_separates]
