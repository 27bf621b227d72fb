"""Erasure of a user, and its proof.

What is erased in which order, and what every place has left afterwards. `db/operations/personal.py` knows where a
user's rows are.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from sqlalchemy import Connection

from jobmatch_dagster.core.profiles.user_keys import require_user_key
from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.db.connection.locks import MATCHING, lock
from jobmatch_dagster.db.enrichment.ledger import erase_requests
from jobmatch_dagster.db.operations import erasure_proofs, personal
from jobmatch_dagster.db.profiles.users import database_time, deactivate_user, find_user_id, lock_user
from jobmatch_dagster.pipeline.enrichment.withdraw import withdraw_requests
from jobmatch_dagster.pipeline.operations.erasure_notes import note_erasure
from jobmatch_dagster.pipeline.profiles.user_files import delete_files_of_user, files_of_user
from jobmatch_dagster.resources.claude import ClaudeResource

INBOX = "files in the inbox and digests"

EraseHistory = Callable[[str], Mapping[str, int]]
"""Erases what lies outside the database for a user key; returns what is left, by place."""


@dataclass
class ErasureReport:
    """What was erased, and what each place had left when it was searched afterwards (0 everywhere).

    `completed` says that all places were searched; a stored report without it is of an erasure that was killed.
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
        """What is left in all places together."""
        return sum(self.hits_afterwards.values())

    @property
    def left(self) -> dict[str, int]:
        """The places that have something left."""
        return {place: hits for place, hits in self.hits_afterwards.items() if hits}


def erase_user(
    database: Database,
    claude: ClaudeResource,
    user_key: str,
    *,
    inboxes: Sequence[Path],
    erasures: Path,
    erase_history: EraseHistory,
) -> ErasureReport:
    """Erase a user everywhere, search every place afterwards, and store a salted proof.

    First of all the folder `erasures` notes that the key is to be erased: a restored backup has neither the erasure nor
    its proof.

    Safe to repeat: the next erasure erases what a killed one left. The user is inactive from the first step on, so
    nothing new is asked or matched. A run that was waiting finds no file and no row, and does not restore the user.

    Raises:
        UserKeyError: if the text cannot be a user key; nothing is erased.
        ErasureNotesError: if the folder `erasures` cannot be written; nothing is erased.
    """
    require_user_key(user_key)
    with database.read() as connection:
        moment = database_time(connection)
    note_erasure(erasures, user_key, moment)
    report = ErasureReport()
    _withdraw(database, claude, user_key, report)
    proof_id = _erase_rows_and_files(database, user_key, inboxes, report)
    report.hits_afterwards |= erase_history(user_key)
    if proof_id is not None:
        with database.begin() as connection:
            report.completed = True
            erasure_proofs.complete_proof(connection, proof_id, asdict(report))
    return report


def _withdraw(database: Database, claude: ClaudeResource, user_key: str, report: ErasureReport) -> None:
    with database.begin() as connection:
        user_id = deactivate_user(connection, user_key)
    if user_id is not None:
        withdrawn = withdraw_requests(database, claude, user_id)
        report.requests_withdrawn = withdrawn.requests_deleted
        report.batches_cancelled = withdrawn.batches_cancelled
        report.batches_not_cancelled = withdrawn.not_cancelled


def _erase_rows_and_files(
    database: Database, user_key: str, inboxes: Sequence[Path], report: ErasureReport
) -> int | None:
    """Erase rows and files in one transaction under the user's lock; returns the proof's id, None if nothing was found.

    A proof that a killed erasure left open is continued: it says what was erased then.
    """
    with database.begin() as connection:
        lock_user(connection, user_key)
        lock(connection, MATCHING)
        if inboxes:
            report.files_erased = sum(delete_files_of_user(inbox, user_key) for inbox in inboxes)
            report.hits_afterwards[INBOX] = sum(len(files_of_user(inbox, user_key)) for inbox in inboxes)
        places = personal.places_of_user(connection, user_key)
        report.rows_erased = personal.count_rows(connection, places)
        user_id = find_user_id(connection, user_key)
        if user_id is not None:
            erase_requests(connection, user_id)  # those made since the withdrawal
        personal.erase_rows(connection, places)
        report.hits_afterwards |= personal.count_rows(connection, places)
        report.found = bool(places or report.files_erased)
        if not report.found:
            return _continue_open_proof(connection, user_key, report)
        return erasure_proofs.add_proof(connection, user_key, asdict(report))


def _continue_open_proof(connection: Connection, user_key: str, report: ErasureReport) -> int | None:
    """The id of the proof that a killed erasure left open, its contents put into the report; None without one."""
    left_open = erasure_proofs.find_open_proof(connection, user_key)
    if left_open is None:
        return None
    proof_id, stored = left_open
    report.found = True
    report.rows_erased, report.files_erased = stored["rows_erased"], stored["files_erased"]
    report.requests_withdrawn = stored["requests_withdrawn"]
    report.batches_cancelled = stored["batches_cancelled"]
    report.batches_not_cancelled = stored["batches_not_cancelled"]
    report.hits_afterwards = stored["hits_afterwards"] | report.hits_afterwards
    return proof_id
