"""From files in the inbox to a profile version with its vector, and to preferences.

Put here the order of the steps. Reading, extraction and SQL have modules of their own; no Dagster here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sqlalchemy import Connection

from jobmatch_dagster.core.matching.embedding_text import profile_text_to_embed
from jobmatch_dagster.core.profiles.document_limits import MAX_BYTES, MIB
from jobmatch_dagster.core.profiles.preferences import PreferencesError, parse_preferences
from jobmatch_dagster.db.catalog.embeddings import stale_profile_texts, write_embeddings
from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.db.connection.locks import lock
from jobmatch_dagster.db.profiles import preferences, profiles
from jobmatch_dagster.pipeline.profiles.inbox import InboxFile, list_inbox, news
from jobmatch_dagster.resources.document_reader import ReadResult, read_in_child, read_many_in_child
from jobmatch_dagster.resources.embedder import EmbedderResource

_TOO_LARGE = f"the file is larger than {MAX_BYTES // MIB} MiB"
# What is held in memory at a time: so many files.
_FILES_READ_AHEAD = 20
_NO_CV = "it says nothing of work, skills or titles: is it a CV?"


@dataclass
class IngestReport:
    """What became of one user's files. Nothing in it is read from the CV: it may be shown and logged."""

    user_key: str
    documents_received: int = 0
    status: str = "no document"
    reason: str | None = None
    profile_version: int | None = None
    is_new_version: bool = False
    preferences: str = "unchanged"
    preferences_problem: str | None = None


def ingest_cv(
    database: Database,
    user_key: str,
    *,
    inbox: Path | None,
    today: date,
    run_id: str,
    readings: Mapping[str, ReadResult] | None = None,
) -> IngestReport:
    """Take in the user's files from the inbox and read the newest CV into a profile version.

    A document that was read by this version of the extractor is not read again. Without a file no user is made: a run
    that was waiting when the user was forgotten brings nobody back.

    Args:
        database: the project's database.
        user_key: whose files.
        inbox: the folder, None when there is none.
        today: ends what a CV says is going on still.
        run_id: Dagster run that reads.
        readings: results of `read_ahead`, by the hash of the content.
    """
    report = IngestReport(user_key)
    with database.begin() as connection:
        lock(connection, user_lock(user_key))
        if inbox is not None:
            _receive(connection, user_key, inbox, report)
        user_id = profiles.user_id_of(connection, user_key)
        if user_id is not None:
            _read_current(connection, user_id, report, today, run_id, readings or {})
    return report


def read_ahead(
    database: Database, user_keys: Sequence[str], *, inbox: Path | None, today: date
) -> dict[str, ReadResult]:
    """Read what these users put into the inbox, many files in one child process, by the hash of the content."""
    if inbox is None:
        return {}
    with database.begin() as connection:
        held = profiles.held_by_users(connection, user_keys)
    wanted = set(user_keys)
    files = [file for file in list_inbox(inbox).files if file.user_key in wanted]
    fresh = [file for file in news(files, held) if not (file.is_preferences or file.is_too_large)]
    readings: dict[str, ReadResult] = {}
    for start in range(0, len(fresh), _FILES_READ_AHEAD):
        group = [(file, content) for file in fresh[start : start + _FILES_READ_AHEAD] if (content := file.read())]
        results = read_many_in_child([(file.file_name, content) for file, content in group], today=today)
        readings |= {file.sha256: result for (file, _), result in zip(group, results, strict=True)}
    return readings


def user_lock(user_key: str) -> str:
    """Name of the lock that taking in, forgetting and setting preferences of one user share."""
    return f"jobmatch/user/{user_key}"


def _receive(connection: Connection, user_key: str, inbox: Path, report: IngestReport) -> None:
    held = profiles.held_by_users(connection, [user_key])
    for file in news(list_inbox(inbox, user_key=user_key).files, held):
        content = b"" if file.is_too_large else file.read()
        if content is None:
            continue  # changed while we looked: the sensor comes back to it
        user_id = profiles.ensure_user(connection, user_key)
        if file.is_preferences:
            _take_preferences(connection, user_id, file, content, report)
        else:
            report.documents_received += profiles.receive_document(
                connection,
                user_id,
                file.file_name,
                content,
                sha256=file.sha256 if file.is_too_large else None,
                file_bytes=file.size,
                modified_ns=file.modified_ns,
                reason=_TOO_LARGE if file.is_too_large else None,
            )


def _take_preferences(
    connection: Connection, user_id: int, file: InboxFile, content: bytes, report: IngestReport
) -> None:
    try:
        wanted = parse_preferences(content)
    except PreferencesError as error:
        report.preferences, report.preferences_problem = "refused", str(error)
        preferences.record_preferences_problem(connection, user_id, file.sha256, str(error))
    else:
        report.preferences, report.preferences_problem = "taken in", None
        preferences.set_preferences(connection, user_id, wanted, source_sha256=file.sha256)


def _read_current(
    connection: Connection,
    user_id: int,
    report: IngestReport,
    today: date,
    run_id: str,
    readings: Mapping[str, ReadResult],
) -> None:
    """Bring the profile to the user's current document."""
    document = profiles.current_document(connection, user_id)
    if document is None:
        return
    report.profile_version, report.status, report.reason = document.newest_version, document.status, document.reason
    if document.status == "unreadable" or document.is_profiled:
        return
    reading = readings.get(document.sha256) or read_in_child(document.file_name, document.content, today=today)
    profile = reading.profile
    if profile is not None and not profile.embedding_text:
        reading, profile = ReadResult("unreadable", reason=_NO_CV), None
    profiles.record_reading(connection, document.id, reading.text, reading.reason)
    report.status, report.reason = reading.status, reading.reason
    if profile is not None:
        report.profile_version = profiles.insert_profile(connection, user_id, document.id, profile, run_id)
        report.is_new_version = True


def embed_profiles(
    database: Database, embedder: EmbedderResource, run_id: str, user_keys: list[str] | None = None
) -> int:
    """Give current profiles (of all active users, or these) their vector; gives how many were written."""
    with database.begin() as connection:
        stale = stale_profile_texts(connection, embedder.model, user_keys)
    if not stale:
        return 0
    encoded = embedder.encode([profile_text_to_embed(row.embedding_text) for row in stale])
    rows = ((row.id, row.text_hash, vector) for row, vector in zip(stale, encoded.vectors, strict=True))
    with database.begin() as connection:
        return write_embeddings(connection, "profile_embeddings", embedder.model, rows, run_id)
