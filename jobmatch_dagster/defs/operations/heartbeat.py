"""The sensor that pings a monitor outside after each good hour."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import dagster as dg

from jobmatch_dagster.defs.automation.jobs import hourly_collection
from jobmatch_dagster.observability.history import newest_success
from jobmatch_dagster.resources.clock import wall_time
from jobmatch_dagster.resources.heartbeat import heartbeat_is_configured, ping_heartbeat

# An older success says nothing about now: after an outage the monitor waits for a new one.
_FRESH = timedelta(hours=1)


def build_heartbeat_sensor() -> Iterator[dg.SensorDefinition]:
    """The sensor; it spends nothing, so it is on by default.

    It is level-triggered: the cursor is the clock hour of the last ping and moves only when the monitor accepted one,
    so a failed ping is sent again by the next tick and touches no run.
    """

    @dg.sensor(
        name="heartbeat_sensor",
        minimum_interval_seconds=60,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Pings JOBMATCH_HEARTBEAT_URL when a run of hourly_collection has succeeded, once for each clock "
        "hour at most, so that a monitor outside notices when good hours stay away.",
    )
    def heartbeat_sensor(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        cursor = context.cursor
        if not heartbeat_is_configured():
            return _waiting("JOBMATCH_HEARTBEAT_URL is not set.", cursor)
        ended = newest_success(context.instance, hourly_collection.name, since=wall_time() - _FRESH)
        if ended is None:
            return _waiting("No run of hourly_collection succeeded in the last hour.", cursor)
        hour = _clock_hour(ended)
        if cursor is not None and hour <= cursor:
            return _waiting(f"The success of {hour} was sent.", cursor)
        problem = ping_heartbeat()
        if problem is not None:
            context.log.warning("The heartbeat was not accepted: %s. The next tick sends it again.", problem)
            return _waiting(f"The heartbeat was not accepted: {problem}.", cursor)
        return _waiting(f"The success of {hour} was sent now.", hour)

    yield heartbeat_sensor


def _waiting(reason: str, cursor: str | None) -> dg.SensorResult:
    return dg.SensorResult(skip_reason=reason, cursor=cursor)


def _clock_hour(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:00 UTC")
