"""Checks of `notifications/user_digests`: digests reach those for whom they were made."""

import dagster as dg

from jobmatch_dagster.core.operations.next_steps import materialize_asset
from jobmatch_dagster.db.notifications.deliveries import count_waiting, read_undelivered
from jobmatch_dagster.observability.check_results import check_result
from jobmatch_dagster.pipeline.notifications.deliver import NOT_CONFIGURED
from jobmatch_dagster.pipeline.notifications.files import FILES
from jobmatch_dagster.resources.channels import configured_channels
from jobmatch_dagster.resources.clock import ClockResource
from jobmatch_dagster.resources.postgres import PostgresResource

_DIGESTS = "notifications/user_digests"
_MAX_NAMED = 10


@dg.asset_check(asset=dg.AssetKey(_DIGESTS.split("/")), description="Digests are delivered by every channel.")
def digests_delivered(database: PostgresResource, clock: ClockResource) -> dg.AssetCheckResult:
    """Counts deliveries that were given up, have failed three times, or wait for a day, by channel and error."""
    with database.database().read() as connection:
        waiting = count_waiting(connection)
        found = read_undelivered(connection, clock.now())
    known = {FILES, *configured_channels()}
    return check_result(
        not found,
        {
            "undelivered": sum(each.deliveries for each in found),
            "given_up": sum(each.given_up for each in found),
            "waiting": waiting,
            "causes": "; ".join(
                f"{each.channel if each.channel in known else NOT_CONFIGURED}: {each.error} ({each.deliveries})"
                for each in found[:_MAX_NAMED]
            )
            or "none",
        },
        "`causes` names channels and errors. Repair the channel (JOBMATCH_CHANNELS, its server, or the folder "
        "JOBMATCH_DIGESTS), or the user's preferences where ChannelNotConfigured or EmailMissing is the cause, turn on "
        "hourly_digests_schedule where nothing was tried, then deliver it all now. "
        + materialize_asset(_DIGESTS, partition=min((each.first_day for each in found), default=""), retry_now=True),
    )


checks = [digests_delivered]
