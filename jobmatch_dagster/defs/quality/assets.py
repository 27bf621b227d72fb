"""Assets of the quality stage: is the ranking good, do the scores mean something."""

import dagster as dg
import numpy as np

from jobmatch_dagster import names
from jobmatch_dagster.core.scoring import CLAUDE_THRESHOLD
from jobmatch_dagster.db.calibrations import calibration_in_force
from jobmatch_dagster.defs.quality.stage import fit, measure_quality
from jobmatch_dagster.observability.plots import histogram
from jobmatch_dagster.observability.previews import preview
from jobmatch_dagster.observability.schemas import table_schema
from jobmatch_dagster.resources.embedder import EmbedderResource
from jobmatch_dagster.resources.matching import MatchingResource
from jobmatch_dagster.resources.postgres import PostgresResource

# What a picture shows of a sample; more points change nothing that can be seen.
_PLOTTED = 100_000


@dg.asset(
    key_prefix="quality",
    group_name="quality",
    owners=names.OWNERS,
    kinds=names.KINDS_EMBEDDING,
    pool=names.POOL_EMBEDDER,
    code_version="1",
)
def match_quality(
    database: PostgresResource, embedder: EmbedderResource, matching: MatchingResource
) -> dg.MaterializeResult[None]:
    """How well the engine ranks the labelled pairs that the project carries, beside BM25 as the baseline.

    Grain: one measurement; it writes no table. NDCG, precision and recall at 10 and the mean reciprocal rank,
    by method. Running it again gives the same figures for the same engine, model and calibration.
    """
    with database.database().begin() as connection:
        calibration = calibration_in_force(connection, embedder.model)
    measured = measure_quality(embedder, calibration.calibration, matching.weights())
    rows = [
        (name, q.ndcg_at_10, q.precision_at_10, q.recall_at_10, q.mean_reciprocal_rank)
        for name, q in measured.by_method.items()
    ]
    columns = ("method", "ndcg_at_10", "precision_at_10", "recall_at_10", "mean_reciprocal_rank")
    engine = measured.by_method["match_score"]
    return dg.MaterializeResult(
        metadata={
            "ndcg_at_10": engine.ndcg_at_10 or 0.0,
            "precision_at_10": engine.precision_at_10 or 0.0,
            "recall_at_10": engine.recall_at_10 or 0.0,
            "mean_reciprocal_rank": engine.mean_reciprocal_rank or 0.0,
            "bm25_ndcg_at_10": measured.by_method["bm25"].ndcg_at_10 or 0.0,
            "labelled_pairs": measured.pairs,
            "methods": preview(rows, columns),
        }
    )


@dg.asset(
    key_prefix="quality",
    group_name="quality",
    deps=[
        dg.AssetDep(["catalog", "job_embeddings"], partition_mapping=dg.AllPartitionMapping()),
        dg.AssetDep(["profiles", "cv_profiles"], partition_mapping=dg.AllPartitionMapping()),
    ],
    owners=names.OWNERS,
    kinds=names.KINDS_POSTGRES,
    code_version="1",
    metadata={
        "dagster/table_name": "score_calibrations",
        "dagster/column_schema": table_schema("score_calibrations"),
    },
)
def score_calibration(
    context: dg.AssetExecutionContext, database: PostgresResource, embedder: EmbedderResource
) -> dg.MaterializeResult[None]:
    """One row per fit of the map from cosine to semantic_score; the newest of a model is in force.

    Grain: model and fit. A new one makes every score stale: the next hour, or `match_existing_jobs`, scores
    anew. Running it again on the same catalogue finds the fit in force and writes nothing.
    """
    fitted = fit(database.database(), embedder.model, context.run.run_id)
    scores = fitted.stored.calibration.score(fitted.similarities)
    share = float((scores >= CLAUDE_THRESHOLD).mean()) if scores.size else 0.0
    shown = scores[:: max(1, scores.size // _PLOTTED)].astype(float).tolist()
    cosines = np.percentile(fitted.similarities, [5, 50, 95]).tolist() if scores.size else [0.0, 0.0, 0.0]
    return dg.MaterializeResult(
        metadata={
            "rows_inserted": int(fitted.is_new),
            "outcome": fitted.note,
            "calibration_id": fitted.stored.id,
            "profiles": fitted.profiles,
            "postings": fitted.postings,
            "pairs": int(fitted.similarities.size),
            "share_at_threshold": share,
            "cosine_p05": cosines[0],
            "cosine_p50": cosines[1],
            "cosine_p95": cosines[2],
            "knots": preview(fitted.stored.calibration.knots, ("cosine", "semantic_score")),
            "provenance": dg.MetadataValue.json(dict(fitted.stored.provenance)),
            "scores": histogram(shown, "semantic_score of all pairs", x_label="semantic_score", y_label="pairs"),
        }
    )
