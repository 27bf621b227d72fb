"""Assets of the quality stage: how good the ranking is, and what the scores mean."""

from pathlib import Path

import dagster as dg
from pydantic import Field

from jobmatch_dagster import names
from jobmatch_dagster.db.matching.calibrations import discard_calibration, read_calibration
from jobmatch_dagster.defs.matching.assets import match_settings
from jobmatch_dagster.defs.quality.metrics_metadata import (
    answers_metadata,
    calibration_metadata,
    claude_metadata,
    labelled_metadata,
    real_metadata,
    stored_metadata,
)
from jobmatch_dagster.observability.schemas import table_schema
from jobmatch_dagster.pipeline.matching.calibrate import fit
from jobmatch_dagster.pipeline.quality.ranking import measure_labelled
from jobmatch_dagster.pipeline.quality.real_data import measure_real
from jobmatch_dagster.pipeline.quality.stored_scores import measure_stored
from jobmatch_dagster.resources.embedder import EmbedderResource
from jobmatch_dagster.resources.matching import MatchingResource
from jobmatch_dagster.resources.postgres import PostgresResource
from jobmatch_dagster.settings import MatchingSettings


class QualityConfig(dg.Config):
    """On what the ranking is measured besides the labelled pairs."""

    data_folder: str = Field(
        default="", description="Folder with real data sets; EVALUATION_DATA when empty, none when that is unset."
    )


class CalibrationConfig(dg.Config):
    """Whether to fit, or to return to an earlier calibration."""

    discard: int | None = Field(
        default=None, description="Id of a calibration to discard instead of a fit; the one before it counts again"
    )


@dg.asset(
    key_prefix="quality",
    group_name="quality",
    # It measures with the current calibration, so a fit in the same run comes first.
    deps=[["quality", "score_calibration"]],
    owners=names.OWNERS,
    kinds=names.KINDS_EMBEDDING,
    pool=names.POOL_EMBEDDER,
    code_version="3",
)
def match_quality(
    config: QualityConfig, database: PostgresResource, embedder: EmbedderResource, matching: MatchingResource
) -> dg.MaterializeResult[None]:
    """How well the engine ranks labelled pairs, compared with BM25 and plain cosine, and how far its scores agree.

    Grain: one measurement of the configured model; it writes no table. It measures NDCG, precision, recall at 10 and
    mean reciprocal rank of each method on the project's labelled pairs, what each part of the score adds there, the
    distribution and agreement of the stored scores, how far Claude's answers are from them by band, model, prompt and
    week, which parts predict what users saved, and for each user how well the order of the list agrees with what was
    saved, applied for or rejected. A folder in `EVALUATION_DATA` adds real data sets. Running it again gives the same
    numbers for the same engine, model, calibration, matches and decisions.
    """
    with database.database().read() as connection:
        calibration = read_calibration(connection, embedder.model).calibration
        stored = measure_stored(connection)
    metadata = labelled_metadata(measure_labelled(embedder, calibration, matching.weights()))
    metadata |= stored_metadata(stored) | claude_metadata(stored.claude) | answers_metadata(stored.answers)
    if folder := config.data_folder or MatchingSettings.read().evaluation_data:
        metadata |= real_metadata(measure_real(Path(folder), embedder, calibration, matching.weights()))
    return dg.MaterializeResult(metadata={"embedding_model": embedder.model, **metadata})


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
    context: dg.AssetExecutionContext,
    config: CalibrationConfig,
    database: PostgresResource,
    embedder: EmbedderResource,
    matching: MatchingResource,
) -> dg.MaterializeResult[None]:
    """One row per fit of how two texts become a semantic_score; the newest row of a model is its current calibration.

    Grain: model and fit. A fit that moves scores makes all of them stale: the next hourly run or
    `match_existing_jobs` scores all pairs again. Running it again on the same catalog writes nothing.
    """
    if config.discard is not None:
        with database.database().begin() as connection:
            discard_calibration(connection, config.discard)
            current = read_calibration(connection, embedder.model)
        return dg.MaterializeResult(metadata={"discarded": config.discard, "current_calibration": current.id})
    fitted = fit(database.database(), match_settings(embedder, matching), context.run.run_id)
    return dg.MaterializeResult(metadata=calibration_metadata(fitted))
