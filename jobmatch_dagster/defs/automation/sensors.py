"""Sensors of the CV path: a file lands, a profile or preferences are newer than the matches.

Both are level-triggered: they compare what is with what should be, so a tick, a run or the daemon may fail
at any moment and the next tick puts it right. Put here when something runs, not what it does.
"""

import hashlib
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import dagster as dg

from jobmatch_dagster import names
from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.db.profiles.documents import stored_files
from jobmatch_dagster.db.profiles.users import users_to_match
from jobmatch_dagster.defs.automation.jobs import ingest_cv, rematch_user
from jobmatch_dagster.defs.automation.schedules import sensors_are_on
from jobmatch_dagster.defs.operations.match_users import match_users
from jobmatch_dagster.partitions import USERS
from jobmatch_dagster.pipeline.profiles.inbox import InboxFile, inbox_folder, list_inbox, new_files
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
# Work that is still due after so many finished runs waits for a person.
MAX_ATTEMPTS = 3
FINISHED = [dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED, dg.DagsterRunStatus.SUCCESS]
# A crashed worker is not made good by Dagster too: the sensor sees that the work is due still.
_NO_RETRIES = {names.TAG_MAX_RETRIES: "0"}
# Files are read in a tick no longer than this (Dagster ends a tick after 60 s); the next tick takes the rest.
MAX_READING_SECONDS = 20.0


@dataclass(frozen=True)
class Work:
    """One user's work; `due_for` says in one line what makes it due, `tags` what of that a person may want to see."""

    user_key: str
    due_for: str
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The same work has the same id, whenever it is found due; nothing can be read from it.

        A user who was erased and came back is another user: attempts from before do not count.
        """
        return _digest(f"{self.user_key}\n{self.due_for}")


def build_sensors() -> Iterator[dg.SensorDefinition]:
    """The two CV sensors, switched on only where `JOBMATCH_AUTOMATION` says so."""
    status = dg.DefaultSensorStatus.RUNNING if sensors_are_on() else dg.DefaultSensorStatus.STOPPED

    @dg.sensor(
        name="cv_inbox_sensor",
        jobs=[ingest_cv, match_users],
        minimum_interval_seconds=10,
        default_status=status,
        description="A CV or a side file of preferences in the inbox: registers the user's partition and has it read.",
    )
    def cv_inbox_sensor(
        context: dg.SensorEvaluationContext, database: PostgresResource
    ) -> dg.SensorResult | dg.SkipReason:
        folder = inbox_folder()
        if folder is None:
            return dg.SkipReason("CV_INBOX is not set: there is no inbox to look into.")
        # Asked before the look at what is due: a run that ends in between is seen as under way, never made again.
        busy = _users_under_way(context.instance, ingest_cv.name)
        work, found = _landed(database.database(), folder)
        return _request(context.instance, ingest_cv.name, work, busy, found)

    @dg.sensor(
        name="cv_profile_sensor",
        jobs=[rematch_user, match_users],
        minimum_interval_seconds=10,
        default_status=status,
        description="A profile or preferences newer than the matches: has that user matched again, and nobody else.",
    )
    def cv_profile_sensor(
        context: dg.SensorEvaluationContext, database: PostgresResource
    ) -> dg.SensorResult | dg.SkipReason:
        busy = _users_under_way(context.instance, rematch_user.name)
        with database.database().begin() as connection:
            users = users_to_match(connection)
        work = [
            Work(
                user.user_key,
                f"user {user.user_id}, profile {user.profile_version}, preferences {user.preferences_version}",
                {
                    names.TAG_PROFILE_VERSION: str(user.profile_version),
                    names.TAG_PREFERENCES_VERSION: str(user.preferences_version),
                },
            )
            for user in users
        ]
        found = f"{len(users)} users whose profile or preferences are newer than their matches"
        return _request(context.instance, rematch_user.name, work, busy, found)

    yield cv_inbox_sensor
    yield cv_profile_sensor


def _landed(database: Database, folder: Path) -> tuple[list[Work], str]:
    """Users with news in the inbox, at most what a tick may read, and what was seen in numbers."""
    inbox = list_inbox(folder)
    with database.begin() as connection:
        stored = stored_files(connection, sorted({file.user_key for file in inbox.files}))
    deadline = time.monotonic() + MAX_READING_SECONDS
    fresh: dict[str, list[InboxFile]] = {}
    for file in new_files(inbox.files, stored):
        fresh.setdefault(file.user_key, []).append(file)
        if time.monotonic() > deadline:
            break
    found = f"{len(inbox.files)} files in the inbox"
    if inbox.being_written:
        found += f", {inbox.being_written} still being written"
    if inbox.skipped:
        found += f", {inbox.skipped} skipped (a link, no file, or a name that cannot be a user key)"
    # The time too, which nobody can set: the same file put there again is other work, even for a user who was erased.
    marks = {key: " ".join(f"{file.sha256} {file.changed_ns}" for file in files) for key, files in fresh.items()}
    return [Work(key, due_for) for key, due_for in marks.items()], found


def _request(
    instance: dg.DagsterInstance, job_name: str, work: Sequence[Work], busy: set[str], found: str
) -> dg.SensorResult | dg.SkipReason:
    """Requests for what is due and not under way: a run each, or one run over a list for a burst."""
    due = [item for item in work if item.user_key not in busy]
    attempts = _attempts(instance, job_name, [item.id for item in due])
    ready = [item for item in due if attempts[item.id] < MAX_ATTEMPTS][:MAX_USERS_PER_TICK]
    counts = f"{found}, {len(work)} due, {len(work) - len(due)} under way"
    if given_up := sum(count >= MAX_ATTEMPTS for count in attempts.values()):
        counts += f", {given_up} still due after {MAX_ATTEMPTS} runs wait for a person"
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
    """One run over the users; None when the same burst had all its attempts: then each user gets a run."""
    burst_id = _digest("\n".join(sorted(item.id for item in ready)))
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
    """Ended runs of each piece of work; one that left it due counts, whatever its status says."""
    found: Counter[str] = Counter()
    for start in range(0, len(work_ids), MAX_USERS_PER_TICK):
        tags = {names.TAG_WORK: list(work_ids[start : start + MAX_USERS_PER_TICK])}
        runs = instance.get_runs(dg.RunsFilter(job_name=job_name, tags=tags, statuses=FINISHED))
        found.update(run.tags[names.TAG_WORK] for run in runs)
    return found


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]
