"""Checks of `quality/match_quality` and `quality/score_calibration`: the ranking, and the map from cosine to score."""

import dagster as dg

from jobmatch_dagster.core.matching.calibration import is_default_for
from jobmatch_dagster.core.operations.next_steps import launch_job, materialize_asset
from jobmatch_dagster.core.quality.calibration_health import calibration_health
from jobmatch_dagster.db.catalog.embedding_models import read_current_model
from jobmatch_dagster.db.matching.calibrations import read_calibration
from jobmatch_dagster.observability.check_results import check_result
from jobmatch_dagster.observability.history import numeric_metadata
from jobmatch_dagster.pipeline.quality.ranking import BASELINES
from jobmatch_dagster.resources.embedder import EmbedderResource
from jobmatch_dagster.resources.postgres import PostgresResource

_QUALITY = dg.AssetKey(["quality", "match_quality"])
_CALIBRATION = dg.AssetKey(["quality", "score_calibration"])
# What the packaged model reaches on the labelled pairs, less what rewording a word list may cost.
NDCG_FLOOR = 0.85
# Claude and the score rank the same pairs; below this they hardly do. The drift is in points of a mean score.
CORRELATION_FLOOR, MAX_DRIFT = 0.2, 10
# A calibration further than this from the packaged one needs a person's judgement.
_MAX_POINTS_FROM_PACKAGED = 30


@dg.asset_check(asset=_QUALITY, description="The engine ranks the labelled pairs better than BM25 and plain cosine.")
def ranking_is_good(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
    """Compares NDCG at 10 of the engine with both baselines and with a fixed floor."""
    newest = numeric_metadata(context.instance, _QUALITY, limit=1)
    ndcg = {name: value for name, value in (newest[0] if newest else {}).items() if name.endswith("ndcg_at_10")}
    engine = ndcg.get("ndcg_at_10", 0.0)
    better = all(engine >= ndcg.get(f"{name}_ndcg_at_10", 0.0) for name in BASELINES)
    return check_result(
        bool(newest) and better and engine >= NDCG_FLOOR,
        {**ndcg, "floor": NDCG_FLOOR},
        "The table methods in the metadata of quality/match_quality shows which part of the score fell. After a change "
        "of EMBEDDING_MODEL fit the scores again, then measure again. "
        + materialize_asset("quality/score_calibration")
        + " After a change of word lists or weights, revert it.",
    )


@dg.asset_check(asset=_QUALITY, description="Claude's scores rise with ours, as far from them as the weeks before.")
def claude_agrees(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
    """Compares the rank correlation with a floor, and the newest week's difference with that of four weeks before."""
    newest = numeric_metadata(context.instance, _QUALITY, limit=1)
    measured = newest[0] if newest else {}
    correlation, drift = measured.get("claude_spearman"), measured.get("claude_drift")
    agrees = correlation is None or correlation >= CORRELATION_FLOOR
    steady = drift is None or abs(drift) <= MAX_DRIFT
    return check_result(
        agrees and steady,
        {
            "claude_answers": int(measured.get("claude_answers", 0)),
            "claude_spearman": correlation,
            "claude_drift": drift,
            "note": "unknown: too few answers" if correlation is None else None,
            "correlation_floor": CORRELATION_FLOOR,
            "most_drift": MAX_DRIFT,
        },
        "The table claude_by_group in the metadata of quality/match_quality shows whether a model or a prompt moved. "
        "Set CLAUDE_MODEL to the one before if it is a model. If our own scores moved, fit them again. "
        + materialize_asset("quality/score_calibration"),
    )


@dg.asset_check(
    asset=_CALIBRATION, description="The current calibration is plausible and belongs to the current model."
)
def calibration_sound(database: PostgresResource, embedder: EmbedderResource) -> dg.AssetCheckResult:
    """It rises from 0 to 100, was fitted for this model, and is close to the packaged one where that applies."""
    with database.database().read() as connection:
        model = read_current_model(connection, embedder.model)
        stored = read_calibration(connection, model)
    found = calibration_health(stored.calibration)
    is_far = is_default_for(model) and found.points_from_packaged > _MAX_POINTS_FROM_PACKAGED
    return check_result(
        found.rises and found.in_range and not is_far and stored.is_of(model),
        {
            "embedding_model": model,
            "made_for_this_model": stored.is_of(model),
            "calibration_id": stored.id,
            "knots": len(stored.calibration.knots),
            "rises": found.rises,
            "in_range": found.in_range,
            "most_points_from_packaged": found.points_from_packaged,
            "pairs_fitted_on": stored.pairs,
            "source": str(stored.provenance.get("source", "unknown")),
        },
        _replace_calibration(stored.id),
    )


checks = [ranking_is_good, claude_agrees, calibration_sound]


def _replace_calibration(calibration_id: int) -> str:
    """How to fit a new calibration, and how to return to the previous one."""
    score_again = "Then score all pairs again: " + launch_job("match_existing_jobs")
    fit = (
        f"Fit a new calibration (it needs 1,000 pairs). {materialize_asset('quality/score_calibration')} {score_again}"
    )
    if not calibration_id:
        return fit
    return (
        f"{fit} To return to the previous one instead, discard this one. "
        f"{materialize_asset('quality/score_calibration', discard=calibration_id)} {score_again}"
    )
