"""Sensors of the CV path: a file lands, a profile lands.

Both are level-triggered: they compare what is with what should be, so a tick, a run or the daemon may fail
at any moment and the next tick puts it right. Put here when something runs, not what it does.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import dagster as dg

from jobmatch_dagster import names
from jobmatch_dagster.db.profiles import held_documents, users_to_match
from jobmatch_dagster.defs.automation.jobs import ingest_cv, rematch_user
from jobmatch_dagster.defs.automation.schedules import automation_is_on, unfinished_runs
from jobmatch_dagster.defs.operations.match_users import match_users
from jobmatch_dagster.defs.profiles.inbox import inbox_folder, list_inbox, news
from jobmatch_dagster.partitions import USERS
from jobmatch_dagster.resources.postgres import PostgresResource

# More users than this in one tick are one run over a list of keys instead of a run each.
BURST_USERS = 25
# Users in one run of a burst: the next tick takes the rest.
MAX_USERS_PER_TICK = 1_000
# A piece of work that failed this often waits for a person.
MAX_ATTEMPTS = 3


@dataclass(frozen=True)
class Work:
    """One user's work, named by what makes it due."""

    user_key: str
    identity: str
    tags: dict[str, str]


def build_sensors() -> Iterator[dg.SensorDefinition]:
    """The two CV sensors, switched on only where `JOBMATCH_AUTOMATION` says so."""
    status = dg.DefaultSensorStatus.RUNNING if automation_is_on() else dg.DefaultSensorStatus.STOPPED

    @dg.sensor(
        name="cv_inbox_sensor",
        jobs=[ingest_cv, match_users],
        minimum_interval_seconds=10,
        default_status=status,
        description="A CV file in the inbox: registers the user's partition and has the file read.",
    )
    def cv_inbox_sensor(
        context: dg.SensorEvaluationContext, database: PostgresResource
    ) -> dg.SensorResult | dg.SkipReason:
        folder = inbox_folder()
        if folder is None:
            return dg.SkipReason("CV_INBOX is not set: there is no inbox to look into.")
        files = list_inbox(folder)
        with database.database().begin() as connection:
            held = held_documents(connection, sorted({file.user_key for file in files}))
        work = {
            file.user_key: Work(file.user_key, file.sha256[:32], {names.TAG_CONTENT: file.sha256[:32]})
            for file in news(files, held)
        }
        return _request(context, ingest_cv.name, list(work.values()), f"{len(files)} files in the inbox")

    @dg.sensor(
        name="cv_profile_sensor",
        jobs=[rematch_user, match_users],
        minimum_interval_seconds=10,
        default_status=status,
        description="A profile newer than its user's matches: has that user matched again, and nobody else.",
    )
    def cv_profile_sensor(
        context: dg.SensorEvaluationContext, database: PostgresResource
    ) -> dg.SensorResult | dg.SkipReason:
        with database.database().begin() as connection:
            users = users_to_match(connection)
        work = [
            Work(u.user_key, str(u.profile_version), {names.TAG_PROFILE_VERSION: str(u.profile_version)}) for u in users
        ]
        return _request(context, rematch_user.name, work, f"{len(users)} profiles newer than their matches")

    yield cv_inbox_sensor
    yield cv_profile_sensor


def _request(
    context: dg.SensorEvaluationContext, job_name: str, work: Sequence[Work], found: str
) -> dg.SensorResult | dg.SkipReason:
    """Requests for what is due and not under way; a run each, or one run for a burst."""
    instance = context.instance
    if len(work) > BURST_USERS and unfinished_runs(instance, match_users.name):
        return dg.SkipReason(f"{found}, {len(work)} due: a run over a list of users is under way.")
    due, under_way, given_up = [], 0, 0
    for item in work[:MAX_USERS_PER_TICK]:
        tags = {names.TAG_USER: item.user_key, **item.tags}
        if unfinished_runs(instance, job_name, tags):
            under_way += 1
            continue
        attempt = 1 + instance.get_runs_count(dg.RunsFilter(job_name=job_name, tags=tags))
        if attempt > MAX_ATTEMPTS:
            given_up += 1
        else:
            due.append((item, attempt, tags))
    counts = f"{found}, {len(work)} due, {under_way} under way, {given_up} failed {MAX_ATTEMPTS} times"
    if not due:
        return dg.SkipReason(counts + ".")
    keys = [item.user_key for item, _, _ in due]
    new_keys = sorted(set(keys) - set(instance.get_dynamic_partitions(USERS.name or "")))
    requests = [_burst(keys)] if len(due) > BURST_USERS else [
        dg.RunRequest(
            run_key=f"{job_name}:{item.user_key}:{item.identity}:{attempt}",
            job_name=job_name, partition_key=item.user_key, tags=tags,
        )
        for item, attempt, tags in due
    ]  # fmt: skip
    partitions = [USERS.build_add_request(new_keys)] if new_keys else []
    return dg.SensorResult(run_requests=requests, dynamic_partitions_requests=partitions)


def _burst(user_keys: Sequence[str]) -> dg.RunRequest:
    return dg.RunRequest(
        job_name=match_users.name,
        run_config={"ops": {"match_users": {"config": {"user_keys": list(user_keys)}}}},
        tags={names.TAG_PURPOSE: "burst"},
    )
