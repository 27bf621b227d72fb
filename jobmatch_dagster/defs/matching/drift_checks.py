"""Checks of scores over time: their spread against the runs before, the calibration, the vectors of profiles."""

import itertools
from statistics import median
from typing import Any

import dagster as dg
import numpy as np

from jobmatch_dagster.core.matching.calibration import DEFAULT_CALIBRATION, is_default_for
from jobmatch_dagster.db.catalog.embedding_models import read_model_in_force
from jobmatch_dagster.db.connection.engine import run_query
from jobmatch_dagster.db.matching.calibrations import read_calibration_in_force
from jobmatch_dagster.resources.embedder import EmbedderResource
from jobmatch_dagster.resources.postgres import PostgresResource

_KEY = dg.AssetKey(["matching", "semantic_matches"])
_RUNS_COMPARED, _MIN_RUNS = 24, 5
_LENGTH_TOLERANCE = 1e-3
# A file now and then is a scan; more than this is a fault of ours or of a whole source.
_MOST_UNREADABLE_SHARE = 0.2
# Fewer kept pairs than these have no spread to speak of.
_MIN_PAIRS = 50
_MEDIAN_POINTS = 15
_COSINES = np.arange(0.0, 0.8, 0.05, dtype=np.float32)
# A map from cosine to score that lies further than this from the packaged one is looked at by a person.
_CALIBRATION_POINTS = 30


@dg.asset_check(asset=_KEY, description="Scores are spread as in the runs before.")
def scores_as_usual(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
    """Compares the medians of match_score and semantic_score with those of the last 24 runs."""
    events = context.instance.fetch_materializations(_KEY, limit=_RUNS_COMPARED + 1).records
    spreads = [_numbers(event.asset_materialization) for event in events]
    told = [spread for spread in spreads if spread.get("pairs_kept", 0) >= _MIN_PAIRS]
    latest, before = (told[0], told[1:]) if told and told[0] is spreads[0] else ({}, told)
    drifts = {
        f"{name}_drift": latest[f"{name}_p50"] - median(run[f"{name}_p50"] for run in before)
        for name in ("match_score", "semantic_score")
        if len(before) >= _MIN_RUNS and f"{name}_p50" in latest and all(f"{name}_p50" in run for run in before)
    }
    passed = all(abs(drift) <= _MEDIAN_POINTS for drift in drifts.values())
    return dg.AssetCheckResult(
        passed=passed,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={
            "runs_compared": len(before),
            "pairs_of_this_run": int(latest.get("pairs_kept", 0)),
            **drifts,
            "recovery": "Nothing to do."
            if passed
            else "Compare versions in scoring_key of this run and the one before: a new model, calibration, weights or "
            "engine? If none changed, look at a pair with explain_match; see docs/runbook.md, bad model rollout.",
        },
    )


@dg.asset_check(asset=["quality", "score_calibration"], description="The calibration in force is one.")
def calibration_sound(database: PostgresResource, embedder: EmbedderResource) -> dg.AssetCheckResult:
    """It rises from 0 to 100, was made for the model in force, and says about the same as the packaged one of it."""
    with database.database().begin() as connection:
        model = read_model_in_force(connection, embedder.model)
        stored = read_calibration_in_force(connection, model)
    knots = stored.calibration.knots
    rises = all(a[0] < b[0] and a[1] <= b[1] for a, b in itertools.pairwise(knots))
    in_range = all(0 <= score <= 100 for _, score in knots)
    distance = int(np.abs(stored.calibration.score(_COSINES) - DEFAULT_CALIBRATION.score(_COSINES)).max())
    far = is_default_for(model) and distance > _CALIBRATION_POINTS
    passed = rises and in_range and not far and stored.is_of(model)
    return dg.AssetCheckResult(
        passed=passed,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={
            "embedding_model": model,
            "made_for_this_model": stored.is_of(model),
            "calibration_id": stored.id,
            "knots": len(knots),
            "rises": rises,
            "in_range": in_range,
            "most_points_from_packaged": distance,
            "pairs_fitted_on": int(stored.provenance.get("pairs", 0)),
            "source": str(stored.provenance.get("source", "unknown")),
            "recovery": "Nothing to do."
            if passed
            else "Materialize quality/score_calibration (it needs 1,000 pairs), then run match_existing_jobs. To go "
            "back, delete the row of score_calibrations: the one before is in force again; run match_existing_jobs.",
        },
    )


@dg.asset_check(asset=_KEY, description="Active users have a profile that can be matched.")
def profiles_sound(database: PostgresResource, embedder: EmbedderResource) -> dg.AssetCheckResult:
    """Counts users without a profile, with a CV that could not be read, or with a vector that cannot be compared."""
    with database.database().begin() as connection:
        parameters = {"model": read_model_in_force(connection, embedder.model), "tolerance": _LENGTH_TOLERANCE}
        row = run_query(connection, "matching/profile_soundness", parameters)[0]
    broken = row.vectors_missing + row.vectors_not_unit + max(0, row.dimensions - 1)
    passed = broken == 0 and row.unreadable <= _MOST_UNREADABLE_SHARE * row.users
    return dg.AssetCheckResult(
        passed=passed,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={
            "users": row.users,
            "users_without_profile": row.without_profile,
            "newest_cv_unreadable": row.unreadable,
            "profiles_without_skills": row.without_skills,
            "profiles_without_experience": row.without_experience,
            "vectors_missing": row.vectors_missing,
            "vectors_not_unit_length": row.vectors_not_unit,
            "dimensions": row.dimensions,
            "recovery": "Nothing to do."
            if passed
            else "Launch match_existing_jobs: it embeds profiles that lack a vector (delete broken rows of "
            "profile_embeddings first). For CVs that cannot be read see cv_documents.reason and ask for another file.",
        },
    )


checks = [scores_as_usual, calibration_sound, profiles_sound]


def _numbers(materialization: dg.AssetMaterialization | None) -> dict[str, float]:
    metadata: dict[str, Any] = dict(materialization.metadata) if materialization else {}
    return {name: float(entry.value) for name, entry in metadata.items() if isinstance(entry.value, int | float)}
