"""The sensor that notifies of checks that begin to fail and of assets that become stale."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

import dagster as dg

from jobmatch_dagster.observability.check_results import RECOVERY
from jobmatch_dagster.observability.freshness import MAX_AGE
from jobmatch_dagster.observability.history import failing_checks, materialized_at
from jobmatch_dagster.resources.clock import wall_time
from jobmatch_dagster.resources.notifier import notify


def build_check_sensor(checks: Sequence[dg.AssetCheckKey]) -> Iterator[dg.SensorDefinition]:
    """The sensor; it spends nothing, so it is on by default."""

    @dg.sensor(
        name="check_failure_sensor",
        minimum_interval_seconds=60,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Notifies (JOBMATCH_FAILURE_WEBHOOK, JOBMATCH_NOTIFY) of checks that begin to fail and "
        "of assets that become stale: once, until they are good again.",
    )
    def check_failure_sensor(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        known = set(json.loads(context.cursor or "[]"))
        bad = {**_failing(context.instance, checks), **_stale(context.instance, wall_time())}
        for name in sorted(bad.keys() - known):
            outcome = notify(name, bad[name])
            if outcome is not None:
                context.log.info("%s: %s", name, outcome)
        counts = f"{len(bad)} checks fail or assets are stale, {len(bad.keys() - known)} of them are new."
        return dg.SensorResult(skip_reason=counts, cursor=json.dumps(sorted(bad)))

    yield check_failure_sensor


def _failing(instance: dg.DagsterInstance, checks: Sequence[dg.AssetCheckKey]) -> dict[str, Mapping[str, object]]:
    return {
        f"Check {key.name} of {key.asset_key.to_user_string()} fails": {
            "check": key.name,
            "asset": key.asset_key.to_user_string(),
            "severity": found.severity.value,
            "run_id": run_id,
            "next_step": found.metadata[RECOVERY].value if RECOVERY in found.metadata else None,
        }
        for key, (found, run_id) in failing_checks(instance, checks).items()
    }


def _stale(instance: dg.DagsterInstance, now: datetime) -> dict[str, Mapping[str, object]]:
    found: dict[str, Mapping[str, object]] = {}
    for name, age in MAX_AGE.items():
        made = materialized_at(instance, dg.AssetKey(name.split("/")))
        if made is not None and now - made > age:
            found[f"Asset {name} is stale"] = {
                "asset": name,
                "materialized_at": made.isoformat(),
                "at_most_hours": age / timedelta(hours=1),
                "next_step": "Look at the newest runs of hourly_collection, and whether its schedule is on.",
            }
    return found
