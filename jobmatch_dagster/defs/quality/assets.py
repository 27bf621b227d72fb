"""Assets of the quality stage: is the ranking good, do the scores mean something."""

import os
from pathlib import Path

import dagster as dg
import numpy as np

from jobmatch_dagster import names
from jobmatch_dagster.core.matching.scoring import CLAUDE_THRESHOLD
from jobmatch_dagster.db.matching.calibrations import read_calibration_in_force
from jobmatch_dagster.defs.quality.figures import labelled_metadata, measure_real, stored_scores
from jobmatch_dagster.observability.plots import histogram
from jobmatch_dagster.observability.previews import preview
from jobmatch_dagster.observability.schemas import table_schema
from jobmatch_dagster.pipeline.matching.calibrate import fit
from jobmatch_dagster.pipeline.quality.ranking import measure_labelled
from jobmatch_dagster.resources.embedder import EmbedderResource
from jobmatch_dagster.resources.matching import MatchingResource
from jobmatch_dagster.resources.postgres import PostgresResource

# What a picture shows of a sample; more points change nothing that can be seen.
_PLOTTED = 100_000


class QualityConfig(dg.Config):
    """Where the real data lie that is measured on beside the labelled pairs; nowhere when empty."""

    data_folder: str = ""


@dg.asset(
    key_prefix="quality",
    group_name="quality",
    # It measures with the calibration in force: what is fitted in the same run comes first.
    deps=[["quality", "score_calibration"]],
    owners=names.OWNERS,
    kinds=names.KINDS_EMBEDDING,
    pool=names.POOL_EMBEDDER,
    code_version="2",
)
def match_quality(
    config: QualityConfig, database: PostgresResource, embedder: EmbedderResource, matching: MatchingResource
) -> dg.MaterializeResult[None]:
    """How well the engine ranks pairs with a known answer, beside BM25 and plain cosine, and how its scores agree.

    Grain: one measurement, of the configured model; it writes no table. NDCG, precision, recall at 10 and mean
    reciprocal rank by method on the labelled pairs that the project carries; bands and agreement of the stored scores;
    which parts predict what users saved. Where `EVALUATION_DATA` names a folder with the real sets, those too. Running
    it again gives the same figures for the same engine, model, calibration and matches.
    """
    with database.database().begin() as connection:
        calibration = read_calibration_in_force(connection, embedder.model).calibration
        stored = stored_scores(connection)
    measured = measure_labelled(embedder, calibration, matching.weights())
    folder = config.data_folder or os.environ.get("EVALUATION_DATA", "")
    real = measure_real(Path(folder), embedder, calibration, matching.weights()) if folder else {}
    return dg.MaterializeResult(
        metadata={"embedding_model": embedder.model, **labelled_metadata(measured), **stored, **real}
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
