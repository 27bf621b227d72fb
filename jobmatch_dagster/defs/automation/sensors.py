"""Sensors of the CV path: new files in the inbox, and profiles or preferences that are newer than the matches.

Both are level-triggered: each tick compares what is with what should be. A tick, a run or the daemon may fail at any
moment, and the next tick requests what is still due.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import dagster as dg

from jobmatch_dagster import names
from jobmatch_dagster.defs.automation.jobs import ingest_cv, rematch_user
from jobmatch_dagster.defs.automation.schedules import sensors_are_on
from jobmatch_dagster.defs.operations.match_users import match_users
from jobmatch_dagster.observability.history import FINISHED, UNFINISHED
from jobmatch_dagster.partitions import USERS
from jobmatch_dagster.pipeline.operations.due_work import DueWork, Work, digest, work_of_inbox, work_of_profiles
from jobmatch_dagster.resources.clock import wall_time
from jobmatch_dagster.resources.postgres import PostgresResource
from jobmatch_dagster.settings import FolderSettings

# More users than this in one tick share one run over a list of keys.
BURST_USERS = 25
# Users in one run of a burst; a later tick requests the others.
MAX_USERS_PER_TICK = 1_000
# Work that is still due after so many finished runs is no longer requested.
MAX_ATTEMPTS = 3
# The sensor requests the work again by itself, so Dagster need not retry a crashed worker.
_NO_RETRIES = {names.TAG_MAX_RETRIES: "0"}


def build_sensors() -> Iterator[dg.SensorDefinition]:
    """The two CV sensors; they start turned on only if `JOBMATCH_AUTOMATION` says so."""
    status = dg.DefaultSensorStatus.RUNNING if sensors_are_on() else dg.DefaultSensorStatus.STOPPED

    @dg.sensor(
        name="cv_inbox_sensor",
        jobs=[ingest_cv, match_users],
        minimum_interval_seconds=10,
        default_status=status,
        description="Requests ingest_cv for each user with a new CV, preferences.toml or profile.toml in the inbox, "
        "and adds the user's partition. Many users at once share one run of match_users.",
    )
    def cv_inbox_sensor(
        context: dg.SensorEvaluationContext, database: PostgresResource
    ) -> dg.SensorResult | dg.SkipReason:
        folder = FolderSettings.read().inbox
        if folder is None:
            return dg.SkipReason("CV_INBOX is not set: there is no folder to watch.")
        # Read before the work: a run that ends in between still counts as under way, so its work is not repeated.
        busy = _users_under_way(context.instance, ingest_cv.name)
        return _request(context.instance, ingest_cv.name, work_of_inbox(database.database(), folder, wall_time()), busy)

    @dg.sensor(
        name="cv_profile_sensor",
        jobs=[rematch_user, match_users],
        minimum_interval_seconds=10,
        default_status=status,
        description="Requests rematch_user for each user whose profile or preferences are newer than their matches. "
        "Many users at once share one run of match_users.",
    )
    def cv_profile_sensor(
        context: dg.SensorEvaluationContext, database: PostgresResource
    ) -> dg.SensorResult | dg.SkipReason:
        busy = _users_under_way(context.instance, rematch_user.name)
        return _request(context.instance, rematch_user.name, work_of_profiles(database.database()), busy)

    yield cv_inbox_sensor
    yield cv_profile_sensor


def _request(
    instance: dg.DagsterInstance, job_name: str, found: DueWork, busy: set[str]
) -> dg.SensorResult | dg.SkipReason:
    """Requests for work that is due and not under way: a run for each user, or one run over a list of users."""
    due = [item for item in found.work if item.user_key not in busy]
    attempts = _attempts(instance, job_name, [item.id for item in due])
    ready = [item for item in due if attempts[item.id] < MAX_ATTEMPTS][:MAX_USERS_PER_TICK]
    counts = f"{found.examined}, {len(found.work)} due, {len(found.work) - len(due)} under way"
    if given_up := sum(count >= MAX_ATTEMPTS for count in attempts.values()):
        counts += f", {given_up} still due after {MAX_ATTEMPTS} runs and not requested again"
    if not ready:
        return dg.SkipReason(counts + ".")
    burst = _burst(instance, ready) if len(ready) > BURST_USERS else None
    if burst is None:
        ready = ready[:BURST_USERS]
    requests = [burst] if burst else [_single(job_name, item, attempts[item.id]) for item in ready]
    known = set(instance.get_dynamic_partitions(USERS.name or ""))
    new_keys = sorted({item.user_key for item in ready} - known)
    return dg.SensorResult(
        run_requests=requests, dynamic_partitions_requests=[USERS.build_add_request(new_keys)] if new_keys else []
    )


def _users_under_way(instance: dg.DagsterInstance, job_name: str) -> set[str]:
    """Users of unfinished runs of the job, and of unfinished runs over a list of users."""
    single = instance.get_runs(dg.RunsFilter(job_name=job_name, statuses=UNFINISHED))
    busy = {run.tags[names.TAG_PARTITION] for run in single if names.TAG_PARTITION in run.tags}
    for run in instance.get_runs(dg.RunsFilter(job_name=match_users.name, statuses=UNFINISHED)):
        config: Any = run.run_config
        busy.update(config["ops"]["match_listed_users"]["config"]["user_keys"])
    return busy


def _single(job_name: str, item: Work, attempts: int) -> dg.RunRequest:
    return dg.RunRequest(
        run_key=f"{job_name}:{item.id}:{attempts + 1}",
        job_name=job_name,
        partition_key=item.user_key,
        tags={names.TAG_USER: item.user_key, names.TAG_WORK: item.id, **item.tags, **_NO_RETRIES},
    )


def _burst(instance: dg.DagsterInstance, ready: Sequence[Work]) -> dg.RunRequest | None:
    """One run over the users; None if this list had all its attempts, so that each user gets a run instead."""
    burst_id = digest("\n".join(sorted(item.id for item in ready)))
    attempts = _attempts(instance, match_users.name, [burst_id])[burst_id]
    if attempts >= MAX_ATTEMPTS:
        return None
    return dg.RunRequest(
        run_key=f"{match_users.name}:{burst_id}:{attempts + 1}",
        job_name=match_users.name,
        run_config={"ops": {"match_listed_users": {"config": {"user_keys": [item.user_key for item in ready]}}}},
        tags={names.TAG_PURPOSE: "burst", names.TAG_WORK: burst_id, **_NO_RETRIES},
    )


def _attempts(instance: dg.DagsterInstance, job_name: str, work_ids: Sequence[str]) -> Counter[str]:
    """Finished runs of each piece of work; a run that left its work due counts, whatever its status."""
    found: Counter[str] = Counter()
    for start in range(0, len(work_ids), MAX_USERS_PER_TICK):
        tags = {names.TAG_WORK: list(work_ids[start : start + MAX_USERS_PER_TICK])}
        runs = instance.get_runs(dg.RunsFilter(job_name=job_name, tags=tags, statuses=FINISHED))
        found.update(run.tags[names.TAG_WORK] for run in runs)
    return found
