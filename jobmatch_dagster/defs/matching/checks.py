"""Checks of `matching/semantic_matches`: up-to-date matches, usable profiles, meaningful scores, isolated users."""

import dagster as dg

from jobmatch_dagster.core.matching.scoring import CLAUDE_THRESHOLD
from jobmatch_dagster.core.operations.next_steps import launch_job, materialize_asset
from jobmatch_dagster.core.quality.drift import score_drift
from jobmatch_dagster.db.catalog.embedding_models import read_current_model
from jobmatch_dagster.db.connection.roles import unprotected_tables
from jobmatch_dagster.db.matching.health import profile_health, score_bands
from jobmatch_dagster.db.profiles.documents import unreadable_documents
from jobmatch_dagster.db.profiles.users import users_to_match
from jobmatch_dagster.observability.check_results import check_result
from jobmatch_dagster.observability.history import numeric_metadata
from jobmatch_dagster.resources.embedder import EmbedderResource
from jobmatch_dagster.resources.postgres import PostgresResource

_MATCHES = dg.AssetKey(["matching", "semantic_matches"])
# Outside this share of the kept pairs the threshold no longer separates.
_MIN_SHARE, _MAX_SHARE = 0.01, 0.9
# A scanned CV now and then is normal; more than this share points to an error of the reader or of a source.
_MAX_UNREADABLE_SHARE = 0.2
_RUNS_COMPARED, _MAX_DRIFT_POINTS = 24, 15
_MAX_NAMED = 10


@dg.asset_check(asset=_MATCHES, description="Every user is matched with their current profile and preferences.")
def no_stale_users(database: PostgresResource) -> dg.AssetCheckResult:
    """Names the users whose profile or preferences are newer than their matches."""
    with database.database().read() as connection:
        stale = users_to_match(connection)
    return check_result(
        not stale,
        {
            "stale_users": len(stale),
            "users": ", ".join(user.user_key for user in stale[:_MAX_NAMED]) or "none",
        },
        "Turn on cv_profile_sensor under Automation; it requests these runs by itself. To match all stale users now: "
        + launch_job("match_existing_jobs"),
    )


@dg.asset_check(asset=_MATCHES, description="Active users have a profile that can be matched.")
def profiles_sound(database: PostgresResource, embedder: EmbedderResource) -> dg.AssetCheckResult:
    """Counts users without a profile, with a CV that could not be read, or with a vector that cannot be compared."""
    with database.database().read() as connection:
        model = read_current_model(connection, embedder.model)
        found = profile_health(connection, model)
        unreadable = unreadable_documents(connection, most=_MAX_NAMED)
    readable = found.unreadable <= _MAX_UNREADABLE_SHARE * found.users
    return check_result(
        found.broken_vectors == 0 and readable,
        {
            "users": found.users,
            "users_without_profile": found.without_profile,
            "newest_cv_unreadable": found.unreadable,
            "unreadable_cvs": "; ".join(f"{key}: {reason}" for key, reason in unreadable) or "none",
            "profiles_without_skills": found.without_skills,
            "profiles_without_experience": found.without_experience,
            "vectors_missing": found.vectors_missing,
            "vectors_not_unit_length": found.vectors_not_unit,
            "dimensions": found.dimensions,
        },
        _embed_profiles(model)
        if found.broken_vectors
        else "Ask the users that unreadable_cvs names for another file; a scanned CV has no text to read. "
        "`jobmatch cv add USER_KEY FILE` hands it in.",
    )


@dg.asset_check(asset=_MATCHES, description="Semantic score 50 separates good pairs from bad ones.")
def threshold_separates(database: PostgresResource) -> dg.AssetCheckResult:
    """Share of the stored pairs from which Claude is asked: neither nearly none nor nearly all."""
    with database.database().read() as connection:
        bands = score_bands(connection)
    total = sum(bands.values())
    share = sum(pairs for low, pairs in bands.items() if low >= CLAUDE_THRESHOLD) / total if total else 0.0
    return check_result(
        total == 0 or _MIN_SHARE <= share <= _MAX_SHARE,
        {
            "pairs": total,
            "share_at_threshold": share,
            **{f"pairs_from_{low}": pairs for low, pairs in bands.items()},
        },
        "Fit the scores to the current catalog; the next hourly run scores all pairs again. "
        + materialize_asset("quality/score_calibration"),
    )


@dg.asset_check(asset=_MATCHES, description="Scores are distributed as in the previous runs.")
def scores_as_usual(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
    """Compares the medians of match_score and semantic_score with those of the previous 24 runs."""
    drift = score_drift(numeric_metadata(context.instance, _MATCHES, _RUNS_COMPARED + 1))
    return check_result(
        drift.is_within(_MAX_DRIFT_POINTS),
        {
            "runs_compared": drift.runs_compared,
            "pairs_of_newest_run": drift.pairs,
            **{f"{score}_drift": points for score, points in drift.points.items()},
        },
        "Compare the metadata scoring_key of the two newest materializations. If the model changed by mistake, set "
        "EMBEDDING_MODEL back, restart the code location and launch match_existing_jobs. If nothing changed, explain a "
        "match of this run. "
        + launch_job("explain_match", "write_explanation", user_key="USER_KEY", external_id="EXTERNAL_ID")
        + " Replace USER_KEY and EXTERNAL_ID with those of the match.",
    )


@dg.asset_check(asset=_MATCHES, description="Row-level security protects every table that holds user data.")
def users_isolated(database: PostgresResource) -> dg.AssetCheckResult:
    """Names the tables of users whose rows every reader can see."""
    with database.database().read() as connection:
        found = unprotected_tables(connection)
    return check_result(
        not found,
        {"unprotected_tables": ", ".join(found) or "none"},
        "Run `jobmatch migrate` as a database user that may create roles: it restores roles, grants and policies. A "
        "table that no migration created needs row-level security of its own, or must be dropped.",
    )


checks = [no_stale_users, profiles_sound, threshold_separates, scores_as_usual, users_isolated]


def _embed_profiles(model: str) -> str:
    return f"Embed all profiles again with {model} and match them. " + launch_job(
        "match_existing_jobs", "match_everybody", again=True, embed_again=True
    )
