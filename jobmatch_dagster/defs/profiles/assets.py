"""Asset of the profiles stage: what was read from the CVs of users."""

from collections.abc import Iterator

import dagster as dg

from jobmatch_dagster import names
from jobmatch_dagster.core.profiles.reading_summary import reading_summary
from jobmatch_dagster.db.profiles.cv_profiles import read_summed_up
from jobmatch_dagster.observability.check_results import check_result, partitioned_check
from jobmatch_dagster.observability.runs import tag_run
from jobmatch_dagster.observability.schemas import table_schema
from jobmatch_dagster.observability.steps import Steps
from jobmatch_dagster.partitions import USERS
from jobmatch_dagster.pipeline.enrichment.fill import fill_unknown
from jobmatch_dagster.pipeline.profiles.embed import embed_profiles
from jobmatch_dagster.pipeline.profiles.ingest import IngestReport, ingest_cv
from jobmatch_dagster.resources.claude import ClaudeResource
from jobmatch_dagster.resources.clock import ClockResource, wall_time
from jobmatch_dagster.resources.embedder import EmbedderResource
from jobmatch_dagster.resources.postgres import PostgresResource
from jobmatch_dagster.settings import FolderSettings

CV_READABLE = partitioned_check(
    "cv_readable",
    asset=["profiles", "cv_profiles"],
    partitions=USERS,
    description="The user's newest CV could be read.",
)


@dg.asset(
    key_prefix="profiles",
    group_name="profiles",
    partitions_def=USERS,
    deps=[["profiles", "cv_inbox"]],
    tags={**names.TAGS_USD, **names.TAGS_PII},
    owners=names.OWNERS,
    kinds=names.KINDS_EMBEDDING,
    pool=names.POOL_INTERACTIVE,
    code_version="1",
    metadata={"dagster/table_name": "cv_profiles", "dagster/column_schema": table_schema("cv_profiles")},
    check_specs=[CV_READABLE],
)
def cv_profiles(
    context: dg.AssetExecutionContext,
    database: PostgresResource,
    embedder: EmbedderResource,
    clock: ClockResource,
    claude: ClaudeResource,
) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
    """One row per version of a user's profile, read from the newest CV, with the user's own facts and its vector.

    Grain: user and version; versions are immutable. Written by the job `ingest_cv` when a file arrives in the inbox,
    which also stores the user's preferences.toml and profile.toml. Running it again reads no document twice: a CV that
    this version of the extractor has read keeps its profile version, as long as the user's own facts are the same.
    """
    tag_run(context, {names.TAG_USER: context.partition_key})
    steps, today = Steps(), clock.now().date()
    report = ingest_cv(
        database.database(),
        context.partition_key,
        inbox=FolderSettings.read().inbox,
        wall_time=wall_time,
        today=today,
        run_id=context.run.run_id,
    )
    filling = fill_unknown(database.database(), claude, context.partition_key, context.run.run_id)
    embedded = embed_profiles(database.database(), embedder, context.run.run_id, [context.partition_key])
    with database.database().read() as connection:
        profile = read_summed_up(connection, context.partition_key)
    yield dg.MaterializeResult(
        metadata={
            "documents_received": report.documents_received,
            "document_status": report.status,
            "reason": report.reason or "",
            "profile_version": filling.new_version or report.profile_version or 0,
            **(reading_summary(profile, today=today) if profile else {}),
            "new_version": report.is_new_version,
            "vectors_written": embedded,
            **steps.metadata(),
            "fields_filled_by_claude": filling.fields_filled,
            "filling_cost_usd": float(filling.cost_usd),
            "filling_note": filling.note,
            "preferences": report.preferences,
            "preferences_problem": report.preferences_problem or "",
            "own_facts": report.own_facts,
            "own_facts_problem": report.own_facts_problem or "",
        },
    )
    yield _readable(report, context.partition_key)


def _readable(report: IngestReport, user_key: str) -> dg.AssetCheckResult:
    found = check_result(
        report.status != "unreadable",
        {"document_status": report.status, "reason": report.reason},
        f"The newest CV of {user_key} cannot be read: {report.reason}. Ask for another file and hand it in with "
        f"`jobmatch cv add {user_key} FILE`. Until then the profile before it counts.",
    )
    return found._replace(check_name=CV_READABLE.name)
