"""From files in the inbox to preferences, own facts and a profile version."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

from sqlalchemy import Connection

from jobmatch_dagster.core.profiles.document_limits import MAX_BYTES, MIB
from jobmatch_dagster.core.profiles.own_facts import OwnFactsError, parse_own_facts
from jobmatch_dagster.core.profiles.preferences import PreferencesError, parse_preferences
from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.db.profiles import documents, own_facts, preferences
from jobmatch_dagster.db.profiles.cv_profiles import insert_profile, restate_profiles
from jobmatch_dagster.db.profiles.documents import CurrentDocument, ReceivedDocument
from jobmatch_dagster.db.profiles.users import ensure_user, find_user_id, lock_user
from jobmatch_dagster.errors import NotFoundError
from jobmatch_dagster.pipeline.profiles.inbox import FACTS_FILE, InboxFile, list_inbox, new_files
from jobmatch_dagster.resources.document_reader import ReadResult, read_in_child, read_many_in_child

_TOO_LARGE = f"the file is larger than {MAX_BYTES // MIB} MiB"
# Contents of this many files are in memory at a time.
_FILES_READ_AHEAD = 20
_NO_CV = "it says nothing of work, skills or titles: is it a CV?"


@dataclass
class IngestReport:
    """What became of one user's files. It contains no text of the CV, so that it may be shown and logged."""

    user_key: str
    documents_received: int = 0
    status: str = "no document"
    reason: str | None = None
    profile_version: int | None = None
    is_new_version: bool = False
    preferences: str = "unchanged"
    preferences_problem: str | None = None
    own_facts: str = "unchanged"
    own_facts_problem: str | None = None

    def note(self, status: str, reason: str | None) -> None:
        """Take over how a CV was read; one that cannot be read stays in the report."""
        if self.status != "unreadable":
            self.status, self.reason = status, reason


def ingest_cv(
    database: Database,
    user_key: str,
    *,
    inbox: Path | None,
    wall_time: Callable[[], datetime],
    today: date,
    run_id: str,
    readings: Mapping[str, ReadResult] | None = None,
) -> IngestReport:
    """Receive the user's files from the inbox, and read the newest version of each CV into a profile version.

    A document that this version of the extractor has read is not read again. Without a file no user is created: a run
    that was waiting while the user was erased brings nobody back.

    Args:
        database: the project's database.
        user_key: whose files.
        inbox: the folder; None if there is none.
        wall_time: the time of the machine, with which times of files are compared.
        today: end of periods that a CV calls ongoing.
        run_id: Dagster run that reads.
        readings: results of `read_ahead`, by hash of the content.
    """
    report = IngestReport(user_key)
    with database.begin() as connection:
        lock_user(connection, user_key)
        if inbox is not None:
            _receive(connection, inbox, wall_time(), report)
        user_id = find_user_id(connection, user_key)
        cvs = [] if user_id is None else documents.current_documents(connection, user_id)
        if user_id is None or not cvs:
            return report
        report.profile_version = cvs[0].newest_version
        # The CV that was handed in last comes last: the report ends with it, unless another one cannot be read.
        for document in reversed(cvs):
            report.note(document.status, document.reason)
            if document.status != "unreadable" and not document.is_profiled:
                reading = (readings or {}).get(document.sha256)
                reading = reading or read_in_child(document.file_name, document.content, today=today)
                _store_reading(connection, document, reading, run_id, report)
        if version := restate_profiles(connection, user_id, run_id):
            report.profile_version, report.is_new_version = version, True
    return report


def read_again(database: Database, user_key: str, *, today: date, run_id: str) -> IngestReport:
    """Read a user's stored CVs again into new profile versions, whatever was read of them before.

    Raises:
        NotFoundError: if the user has no CV.
    """
    report = IngestReport(user_key)
    with database.begin() as connection:
        lock_user(connection, user_key)
        user_id = find_user_id(connection, user_key)
        cvs = [] if user_id is None else documents.current_documents(connection, user_id)
        if not cvs:
            raise NotFoundError(f"User {user_key!r} has no CV: `jobmatch cv add {user_key} FILE` adds one.")
        for document in reversed(cvs):
            reading = read_in_child(document.file_name, document.content, today=today)
            _store_reading(connection, document, reading, run_id, report)
    return report


def read_ahead(
    database: Database, user_keys: Sequence[str], *, inbox: Path | None, wall_time: Callable[[], datetime], today: date
) -> dict[str, ReadResult]:
    """Read new CVs of these users, many files in one child process; results by hash of the content."""
    if inbox is None:
        return {}
    with database.begin() as connection:
        stored = documents.stored_files(connection, user_keys)
    wanted = set(user_keys)
    files = [file for file in list_inbox(inbox, wall_time()).files if file.user_key in wanted]
    new = [file for file in new_files(files, stored) if file.kind == "cv" and not file.is_too_large]
    readings: dict[str, ReadResult] = {}
    for start in range(0, len(new), _FILES_READ_AHEAD):
        group = [(file, content) for file in new[start : start + _FILES_READ_AHEAD] if (content := file.read())]
        results = read_many_in_child([(file.file_name, content) for file, content in group], today=today)
        readings |= {file.sha256: result for (file, _), result in zip(group, results, strict=True)}
    return readings


def _receive(connection: Connection, inbox: Path, now: datetime, report: IngestReport) -> None:
    stored = documents.stored_files(connection, [report.user_key])
    for file in new_files(list_inbox(inbox, now, user_key=report.user_key).files, stored):
        content = b"" if file.is_too_large and file.kind == "cv" else file.read()
        if content is None:
            continue  # changed since it was listed; the sensor will find it again
        user_id = ensure_user(connection, report.user_key)
        if file.kind == "preferences":
            _set_preferences(connection, user_id, file, content, report)
        elif file.kind == "facts":
            _set_own_facts(connection, user_id, file, content, report)
        else:
            document = _document(file, content)
            report.documents_received += documents.receive_document(connection, user_id, document)


def _document(file: InboxFile, content: bytes) -> ReceivedDocument:
    document = documents.document_of(file.file_name, content)
    document = replace(document, file_bytes=file.size, file_modified_ns=file.modified_ns, label=file.label)
    return replace(document, sha256=file.sha256, reason=_TOO_LARGE) if file.is_too_large else document


def _set_preferences(
    connection: Connection, user_id: int, file: InboxFile, content: bytes, report: IngestReport
) -> None:
    try:
        wanted = parse_preferences(content)
    except PreferencesError as error:
        report.preferences, report.preferences_problem = "refused", str(error)
        preferences.record_preferences_problem(connection, user_id, file.sha256, str(error))
    else:
        report.preferences, report.preferences_problem = "set", None
        preferences.set_preferences(connection, user_id, wanted, source_sha256=file.sha256)


def _set_own_facts(connection: Connection, user_id: int, file: InboxFile, content: bytes, report: IngestReport) -> None:
    try:
        facts = parse_own_facts(content)
    except OwnFactsError as error:
        report.own_facts, report.own_facts_problem = "refused", f"{FACTS_FILE}: {error}"
        own_facts.record_facts_problem(connection, user_id, file.sha256, report.own_facts_problem)
    else:
        report.own_facts, report.own_facts_problem = "set", None
        own_facts.set_own_facts(connection, user_id, facts, source_sha256=file.sha256)


def _store_reading(
    connection: Connection, document: CurrentDocument, reading: ReadResult, run_id: str, report: IngestReport
) -> None:
    """Store what a document says; a text that is no CV is stored as unreadable."""
    profile = reading.profile
    if profile is not None and not profile.embedding_text:
        reading, profile = ReadResult("unreadable", reason=_NO_CV), None
    documents.note_reading(connection, document.id, reading.text, reading.reason)
    report.note(reading.status, reading.reason)
    if profile is not None:
        report.profile_version = insert_profile(connection, document.user_id, document.id, profile, run_id)
        report.is_new_version = True
