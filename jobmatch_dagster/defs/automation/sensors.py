"""Sensors of the CV path: a file lands, a profile lands.

Both are level-triggered: they compare what is with what should be, so a tick, a run or the daemon may fail
at any moment and the next tick puts it right. Put here when something runs, not what it does.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import dagster as dg
from dagster._core.storage.tags import PARTITION_NAME_TAG as PARTITION_TAG

from jobmatch_dagster import names
from jobmatch_dagster.db.profiles import held_documents, users_to_match
from jobmatch_dagster.defs.automation.jobs import ingest_cv, rematch_user
from jobmatch_dagster.defs.automation.schedules import sensors_are_on
from jobmatch_dagster.defs.operations.match_users import match_users
from jobmatch_dagster.defs.profiles.inbox import inbox_folder, list_inbox, news
from jobmatch_dagster.partitions import USERS
from jobmatch_dagster.resources.postgres import PostgresResource

UNFINISHED = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]
# More users than this in one tick are one run over a list of keys instead of a run each.
BURST_USERS = 25
# Users in one run of a burst; a later tick takes the rest.
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
    status = dg.DefaultSensorStatus.RUNNING if sensors_are_on() else dg.DefaultSensorStatus.STOPPED

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
    """Requests for what is due and not under way: a run each, or one run over a list for a burst."""
    instance = context.instance
    busy = _users_under_way(instance, job_name)
    due = [item for item in work if item.user_key not in busy]
    counts = f"{found}, {len(work)} due, {len(work) - len(due)} under way"
    requests = _burst(instance, due[:MAX_USERS_PER_TICK]) if len(due) > BURST_USERS else []
    if not requests:
        requests, given_up = _run_each(instance, job_name, due)
        counts += f", {given_up} failed {MAX_ATTEMPTS} times and wait for a person"
    if not requests:
        return dg.SkipReason(counts + ".")
    known = set(instance.get_dynamic_partitions(USERS.name or ""))
    new_keys = sorted({item.user_key for item in due[:MAX_USERS_PER_TICK]} - known)
    return dg.SensorResult(
        run_requests=requests, dynamic_partitions_requests=[USERS.build_add_request(new_keys)] if new_keys else []
    )


def _users_under_way(instance: dg.DagsterInstance, job_name: str) -> set[str]:
    """Users of unfinished runs of the job, and of unfinished runs over a list of users."""
    single = instance.get_runs(dg.RunsFilter(job_name=job_name, statuses=UNFINISHED))
    busy = {run.tags[PARTITION_TAG] for run in single if PARTITION_TAG in run.tags}
    for run in instance.get_runs(dg.RunsFilter(job_name=match_users.name, statuses=UNFINISHED)):
        config: Any = run.run_config
        busy.update(config["ops"]["match_listed_users"]["config"]["user_keys"])
    return busy


def _run_each(instance: dg.DagsterInstance, job_name: str, due: Sequence[Work]) -> tuple[list[dg.RunRequest], int]:
    """A run for each user, at most `BURST_USERS`, and how many users failed too often to be tried again."""
    requests: list[dg.RunRequest] = []
    given_up = 0
    for item in due:
        if len(requests) == BURST_USERS:
            break
        tags = {names.TAG_USER: item.user_key, **item.tags}
        if _failures(instance, job_name, tags) >= MAX_ATTEMPTS:
            given_up += 1
            continue
        attempt = 1 + instance.get_runs_count(dg.RunsFilter(job_name=job_name, tags=tags))
        key = f"{job_name}:{item.user_key}:{item.identity}:{attempt}"
        requests.append(dg.RunRequest(run_key=key, job_name=job_name, partition_key=item.user_key, tags=tags))
    return requests, given_up


def _burst(instance: dg.DagsterInstance, due: Sequence[Work]) -> list[dg.RunRequest]:
    """One run over the users; none when the same burst failed too often: then each user gets a run again."""
    content = "\n".join(f"{item.user_key}:{item.identity}" for item in due)
    tags = {names.TAG_BURST: hashlib.sha256(content.encode()).hexdigest()[:32]}
    if _failures(instance, match_users.name, tags) >= MAX_ATTEMPTS:
        return []
    config = {"ops": {"match_listed_users": {"config": {"user_keys": [item.user_key for item in due]}}}}
    return [dg.RunRequest(job_name=match_users.name, run_config=config, tags={names.TAG_PURPOSE: "burst", **tags})]


def _failures(instance: dg.DagsterInstance, job_name: str, tags: dict[str, str]) -> int:
    return instance.get_runs_count(dg.RunsFilter(job_name=job_name, tags=tags, statuses=[dg.DagsterRunStatus.FAILURE]))
