"""Assets of the stage notifications: what users hear of."""

from collections.abc import Sequence
from typing import Any

import dagster as dg
from pydantic import Field

from jobmatch_dagster import names
from jobmatch_dagster.observability.previews import preview
from jobmatch_dagster.observability.schemas import table_schema
from jobmatch_dagster.partitions import DAYS, HOURS
from jobmatch_dagster.pipeline.notifications.digests import Outcome, send_digests
from jobmatch_dagster.pipeline.notifications.make import Limits
from jobmatch_dagster.resources.clock import ClockResource
from jobmatch_dagster.resources.postgres import PostgresResource
from jobmatch_dagster.settings import FolderSettings

_USERS_SHOWN = 20
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
    most_attempts: int = Field(default=10, ge=1, description="Deliveries of a digest that are tried")


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
    code_version="2",
    metadata={"dagster/table_name": "user_digests", "dagster/column_schema": table_schema("user_digests")},
)
def user_digests(
    context: dg.AssetExecutionContext, config: DigestConfig, database: PostgresResource, clock: ClockResource
) -> dg.MaterializeResult[None]:
    """One row per digest: a user's matches that were not announced before, best first, one line for each ad.

    Grain: user and run that found something new, for every user who wants digests; nothing new sends nothing. The row
    is stored before its files are written, which wait for the end of the user's quiet hours. Running it again delivers
    what was not delivered and announces no match a second time.
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
    code_version="1",
    metadata={"dagster/table_name": "user_digests", "dagster/column_schema": table_schema("user_digests")},
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
    outcomes = send_digests(
        database.database(),
        folder=FolderSettings.read().digest_folder,
        day=day,
        hourly=hourly,
        now=clock.now(),
        limits=Limits(config.minimum_score, config.most),
        most_attempts=config.most_attempts,
    )
    failed = sum(outcome.failed + outcome.given_up for outcome in outcomes)
    metadata: dict[str, Any] = {
        "users": len(outcomes),
        "new_matches": sum(outcome.new_matches for outcome in outcomes),
        "delivered": sum(outcome.delivered for outcome in outcomes),
        "quiet": sum(outcome.quiet for outcome in outcomes),
        "not_delivered": failed,
        "by_user": _by_user(outcomes),
    }
    if failed:
        raise dg.Failure(
            f"{failed} digests were not delivered; the others were. `user_digests.last_error` says why. Repair the "
            "folder and materialize the partition again; with a larger `most_attempts` for those that were given up.",
            metadata=metadata,
        )
    return dg.MaterializeResult(metadata=metadata)


def _by_user(outcomes: Sequence[Outcome]) -> dg.TableMetadataValue:
    rows = (
        (each.user_id, each.new_matches, each.delivered, each.quiet, each.failed, each.given_up) for each in outcomes
    )
    columns = ("users.id", "new matches", "delivered", "waiting for quiet hours", "failed", "given up")
    return preview(rows, columns, limit=_USERS_SHOWN)
