"""From a CV file to a profile version with its vector.

Put here the order of the steps. Reading, extraction and SQL have modules of their own; no Dagster here.
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sqlalchemy import Connection

from jobmatch_dagster.core.embedding_text import profile_text_to_embed
from jobmatch_dagster.core.profile import extract_profile
from jobmatch_dagster.db import profiles
from jobmatch_dagster.db.embeddings import stale_profile_texts, write_embeddings
from jobmatch_dagster.db.engine import Database
from jobmatch_dagster.db.locks import lock
from jobmatch_dagster.defs.profiles.inbox import list_inbox, news
from jobmatch_dagster.resources.document_reader import read_in_child
from jobmatch_dagster.resources.embedder import EmbedderResource


@dataclass
class IngestReport:
    """What became of one user's CV. Nothing in it is read from the CV: it may be shown and logged."""

    user_key: str
    documents_received: int = 0
    status: str = "no document"
    reason: str | None = None
    profile_version: int | None = None
    is_new_version: bool = False


def ingest_cv(database: Database, user_key: str, *, inbox: Path | None, today: date, run_id: str) -> IngestReport:
    """Take in the user's files from the inbox and read the newest into a profile version.

    A document that was read by this version of the extractor is not read again.
    """
    report = IngestReport(user_key)
    with database.begin() as connection:
        lock(connection, f"jobmatch/user/{user_key}")
        user_id = profiles.ensure_user(connection, user_key)
        if inbox is not None:
            report.documents_received = _receive(connection, user_id, user_key, inbox)
        document = profiles.current_document(connection, user_id)
        if document is None:
            return report
        report.profile_version, report.status, report.reason = (
            document.newest_version, document.status, document.reason
        )  # fmt: skip
        if document.status == "unreadable" or document.is_profiled:
            return report
        cv_text = document.text
        if cv_text is None:
            reading = read_in_child(document.file_name, document.content)
            report.status, report.reason, cv_text = reading.status, reading.reason, reading.text
            profiles.record_reading(connection, document.id, reading.text, reading.reason)
        if cv_text is not None:
            profile = extract_profile(cv_text, today=today)
            report.profile_version = profiles.insert_profile(connection, user_id, document.id, profile, run_id)
            report.is_new_version = True
    return report


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


def _receive(connection: Connection, user_id: int, user_key: str, inbox: Path) -> int:
    fresh = news(list_inbox(inbox, user_key=user_key), profiles.held_documents(connection, [user_key]))
    return sum(profiles.receive_document(connection, user_id, file.file_name, file.path.read_bytes()) for file in fresh)
