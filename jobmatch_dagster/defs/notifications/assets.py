"""Assets of the stage notifications: what users hear of."""

import dagster as dg
from pydantic import Field

from jobmatch_dagster import names
from jobmatch_dagster.observability.previews import preview
from jobmatch_dagster.observability.schemas import table_schema
from jobmatch_dagster.partitions import DAYS, HOURS
from jobmatch_dagster.pipeline.notifications.digests import send_digests
from jobmatch_dagster.pipeline.notifications.files import FILES, Files
from jobmatch_dagster.pipeline.notifications.make import Limits
from jobmatch_dagster.resources.channels import configured_channels
from jobmatch_dagster.resources.clock import ClockResource
from jobmatch_dagster.resources.postgres import PostgresResource
from jobmatch_dagster.settings import FolderSettings

_TABLE = {"dagster/table_name": "user_digests", "dagster/column_schema": table_schema("user_digests")}
_CHANNELS_SHOWN = 20
_MATCHES, _MATCHES_OF_USERS = ["matching", "semantic_matches"], ["matching", "user_semantic_matches"]


class DigestConfig(dg.Config):
    """What is worth announcing, and how much at once."""

    minimum_score: int = Field(
        default=60, ge=0, le=100, description="Lowest score that is announced, unless the user prefers another one"
    )
    most: int = Field(
        default=20,
        ge=1,
        le=1_000,
        description="Most lines of a digest, unless the user prefers another number; the next digest has the rest",
    )
    most_attempts: int = Field(default=10, ge=1, description="Attempts of a delivery before it is given up")
    retry_now: bool = Field(
        default=False, description="Whether what failed is delivered at once, and what was given up as well"
    )


@dg.asset(
    key_prefix="notifications",
    group_name="notifications",
    partitions_def=DAYS,
    deps=[
        dg.AssetDep(_MATCHES, partition_mapping=dg.AllPartitionMapping()),
        dg.AssetDep(_MATCHES_OF_USERS, partition_mapping=dg.AllPartitionMapping()),
    ],
    tags=names.TAGS_PII,
    owners=names.OWNERS,
    kinds=names.KINDS_POSTGRES,
    code_version="3",
    metadata=_TABLE,
)
def user_digests(
    context: dg.AssetExecutionContext, config: DigestConfig, database: PostgresResource, clock: ClockResource
) -> dg.MaterializeResult[None]:
    """One row per digest: a user's matches that were not announced before, best first, one line for each ad.

    Grain: user and run that found something new, for every user who wants digests; nothing new sends nothing. The row
    is stored with its deliveries before anything is sent; they wait for the end of the user's quiet hours. A delivery
    that fails is tried again by later runs and costs no other. Running it again announces no match a second time.
    """
    return _send(config, database, clock, day=context.partition_key, hourly=False)


@dg.asset(
    key_prefix="notifications",
    group_name="notifications",
    partitions_def=HOURS,
    deps=[
        dg.AssetDep(_MATCHES),
        dg.AssetDep(_MATCHES_OF_USERS, partition_mapping=dg.AllPartitionMapping()),
    ],
    tags=names.TAGS_PII,
    owners=names.OWNERS,
    kinds=names.KINDS_POSTGRES,
    code_version="2",
    metadata=_TABLE,
)
def hourly_digests(
    context: dg.AssetExecutionContext, config: DigestConfig, database: PostgresResource, clock: ClockResource
) -> dg.MaterializeResult[None]:
    """One row per digest of a user who prefers `digest_every = "hour"`, as in `notifications/user_digests`.

    Grain: user and run that found something new. Nothing is made in a user's quiet hours; the first run afterwards
    announces it all. It also delivers what waits for anybody. Running it again announces no match a second time.
    """
    return _send(config, database, clock, day=context.partition_key[:10], hourly=True)


def _send(
    config: DigestConfig, database: PostgresResource, clock: ClockResource, *, day: str, hourly: bool
) -> dg.MaterializeResult[None]:
    outcome = send_digests(
        database.database(),
        {FILES: Files(FolderSettings.read().digest_folder), **configured_channels()},
        day=day,
        hourly=hourly,
        now=clock.now(),
        limits=Limits(config.minimum_score, config.most),
        most_attempts=config.most_attempts,
        retry_now=config.retry_now,
    )
    return dg.MaterializeResult(
        metadata={
            "digests": outcome.digests,
            "new_matches": outcome.new_matches,
            "delivered": sum(each.delivered for each in outcome.channels),
            "failed": sum(each.failed for each in outcome.channels),
            "waiting": outcome.waiting,
            "by_channel": preview(
                ((each.channel, each.delivered, each.failed, each.stopped) for each in outcome.channels),
                ("channel", "delivered", "failed", "stopped"),
                limit=_CHANNELS_SHOWN,
            ),
        }
    )
