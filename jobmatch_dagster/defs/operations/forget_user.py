"""Erasure of a user, and its proof.

Put here what is erased in which order. Where the user's rows are belongs in `db/operations/personal.py`. Dagster's
event history keeps the user key and nothing else of them.
"""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import dagster as dg
from dagster._core.storage.compute_log_manager import ComputeIOType
from sqlalchemy import Connection

from jobmatch_dagster import names
from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.db.connection.locks import MATCHING, lock
from jobmatch_dagster.db.enrichment.ledger import erase_requests_of
from jobmatch_dagster.db.operations import personal
from jobmatch_dagster.db.profiles.profiles import deactivate_user, user_id_of
from jobmatch_dagster.defs.operations.explain_match import explain_match
from jobmatch_dagster.observability.history import delete_logs, delete_run
from jobmatch_dagster.partitions import USERS
from jobmatch_dagster.pipeline.enrichment.withdraw import withdraw_requests
from jobmatch_dagster.pipeline.profiles.inbox import delete_files_of, files_of, inbox_folder, require_user_key
from jobmatch_dagster.pipeline.profiles.read import user_lock
from jobmatch_dagster.resources.claude import ClaudeResource
from jobmatch_dagster.resources.postgres import PostgresResource

_INBOX, _PARTITIONS, _RUN_LOGS, _EXPLANATIONS = (
    "files in the inbox",
    "Dagster partition keys",
    "logs of the user's runs",
    "runs of explain_match",
)


@dataclass
class ErasureReport:
    """What was erased, and what each place held when it was searched afterwards (all 0).

    `completed` tells that all places were searched; a note without it is of an erasure that was killed.
    """

    found: bool = False
    rows_erased: dict[str, int] = field(default_factory=dict)
    files_erased: int = 0
    requests_withdrawn: int = 0
    batches_cancelled: int = 0
    batches_not_cancelled: int = 0
    hits_afterwards: dict[str, int] = field(default_factory=dict)
    completed: bool = False

    @property
    def hits(self) -> int:
        """What is left, over all places."""
        return sum(self.hits_afterwards.values())


class UserKey(dg.Config):
    """Which user; the key as the caller gave it."""

    user_key: str


def erase_user(
    database: Database, claude: ClaudeResource, instance: dg.DagsterInstance, user_key: str, inbox: Path | None
) -> ErasureReport:
    """Erase a user everywhere, search every place afterwards, leave a salted note of it.

    Safe to repeat: what a killed erasure left is erased by the next. The user is inactive from the first step on:
    nothing new is asked or matched. A run that was waiting finds no file and no row, and brings nobody back.

    Raises:
        InboxError: if the key can be no user key; nothing is touched.
    """
    require_user_key(user_key)
    report = ErasureReport()
    _withdraw(database, claude, user_key, report)
    tombstone = _erase_rows_and_files(database, user_key, inbox, report)
    _erase_from_dagster(instance, user_key, report)
    if tombstone is not None:
        with database.begin() as connection:
            report.completed = True
            personal.complete_tombstone(connection, tombstone, asdict(report))
    return report


@dg.op
def erase_one_user(
    context: dg.OpExecutionContext, config: UserKey, database: PostgresResource, claude: ClaudeResource
) -> None:
    """Erase one user: files, documents, profiles, vectors, matches, ledger, partition, logs."""
    report = erase_user(database.database(), claude, context.instance, config.user_key, inbox_folder())
    context.add_output_metadata(
        {
            "found": report.found,
            "rows_erased": sum(report.rows_erased.values()),
            "files_erased": report.files_erased,
            "requests_withdrawn": report.requests_withdrawn,
            "batches_not_cancelled": report.batches_not_cancelled,
            "places_searched": len(report.hits_afterwards),
            "hits": report.hits,
            "places": dg.MetadataValue.json(report.hits_afterwards),
        }
    )
    if report.hits:
        left = {place: hits for place, hits in report.hits_afterwards.items() if hits}
        raise dg.Failure(f"Something of the user is left: {left}. Launch forget_user again.", allow_retries=False)


@dg.job(
    name="forget_user",
    tags={names.TAG_PURPOSE: "erasure"},
    description="Erase a user everywhere and prove it: places searched, hits 0.",
)
def forget_user() -> None:
    """Erase a user."""
    erase_one_user()


def _withdraw(database: Database, claude: ClaudeResource, user_key: str, report: ErasureReport) -> None:
    with database.begin() as connection:
        user_id = deactivate_user(connection, user_key)
    if user_id is not None:
        withdrawn = withdraw_requests(database, claude, user_id)
        report.requests_withdrawn = withdrawn.requests_deleted
        report.batches_cancelled = withdrawn.batches_cancelled
        report.batches_not_cancelled = withdrawn.not_cancelled


def _erase_rows_and_files(database: Database, user_key: str, inbox: Path | None, report: ErasureReport) -> int | None:
    """Erase under the user's lock, in one transaction; gives the id of the note, None when nothing was held.

    A note that a killed erasure left open is taken up: it says what was erased then.
    """
    with database.begin() as connection:
        lock(connection, user_lock(user_key))
        lock(connection, MATCHING)
        if inbox is not None:
            report.files_erased = delete_files_of(inbox, user_key)
            report.hits_afterwards[_INBOX] = len(files_of(inbox, user_key))
        places = personal.places_of_user(connection, user_key)
        report.rows_erased = personal.count_rows(connection, places)
        user_id = user_id_of(connection, user_key)
        if user_id is not None:
            erase_requests_of(connection, user_id)  # those that were made since the withdrawal
        personal.erase_rows(connection, places)
        report.hits_afterwards |= personal.count_rows(connection, places)
        report.found = bool(places or report.files_erased)
        if not report.found:
            return _take_up(connection, user_key, report)
        return personal.add_tombstone(connection, user_key, asdict(report))


def _take_up(connection: Connection, user_key: str, report: ErasureReport) -> int | None:
    """The id of the note that a killed erasure left open, with what it erased put into the report; None without one."""
    left_open = personal.open_tombstone(connection, user_key)
    if left_open is None:
        return None
    tombstone, told = left_open
    report.found = True
    report.rows_erased, report.files_erased = told["rows_erased"], told["files_erased"]
    report.requests_withdrawn = told["requests_withdrawn"]
    report.batches_cancelled, report.batches_not_cancelled = told["batches_cancelled"], told["batches_not_cancelled"]
    report.hits_afterwards = told["hits_afterwards"] | report.hits_afterwards
    return tombstone


def _erase_from_dagster(instance: dg.DagsterInstance, user_key: str, report: ErasureReport) -> None:
    """The partition, what the user's runs printed, and explanations with their runs."""
    partitions = USERS.name or ""
    instance.delete_dynamic_partition(partitions, user_key)
    report.hits_afterwards[_PARTITIONS] = int(instance.has_dynamic_partition(partitions, user_key))
    for run in _explanations(instance, user_key):
        delete_run(instance, run.run_id)
    report.hits_afterwards[_EXPLANATIONS] = len(_explanations(instance, user_key))
    runs = instance.get_runs(dg.RunsFilter(tags={names.TAG_USER: user_key}))
    for run in runs:
        delete_logs(instance, run.run_id)
    report.hits_afterwards[_RUN_LOGS] = sum(_has_logs(instance, run.run_id) for run in runs)


def _explanations(instance: dg.DagsterInstance, user_key: str) -> list[dg.DagsterRun]:
    """Runs of explain_match about the user: their page tells what the user can and wants."""
    runs = instance.get_runs(dg.RunsFilter(job_name=explain_match.name))
    return [run for run in runs if _explained_user(run.run_config) == user_key]


def _explained_user(run_config: Any) -> Any:
    return run_config.get("ops", {}).get("write_explanation", {}).get("config", {}).get("user_key")


def _has_logs(instance: dg.DagsterInstance, run_id: str) -> bool:
    manager, prefix = instance.compute_log_manager, [run_id, "compute_logs"]
    try:
        return any(manager.get_log_keys_for_log_key_prefix(prefix, stream) for stream in ComputeIOType)
    except (FileNotFoundError, NotImplementedError):
        return False  # no folder of the run, or an instance that keeps no logs
