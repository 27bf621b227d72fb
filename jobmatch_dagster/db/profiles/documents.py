"""`cv_documents`: the CVs that users handed in."""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import Connection, text

from jobmatch_dagster.core.profiles.profile import EXTRACTOR_VERSION
from jobmatch_dagster.db.connection.engine import run_query


@dataclass(frozen=True)
class ReceivedDocument:
    """A CV as it is received.

    A file that is not stored has no content; then `reason` says why, and `sha256` identifies the file by its stamp.
    """

    file_name: str
    content: bytes
    sha256: str
    file_bytes: int
    file_modified_ns: int | None = None
    reason: str | None = None


@dataclass(frozen=True)
class CurrentDocument:
    """The CV that counts for a user, and whether the newest profile version was read from it."""

    id: int
    user_id: int
    file_name: str
    content: bytes
    sha256: str
    status: str
    reason: str | None
    newest_version: int | None
    is_profiled: bool


@dataclass(frozen=True)
class StoredFiles:
    """What a user has handed in so far.

    Attributes:
        sha256s: contents of all CVs.
        current_sha256: content of the current CV.
        stamps: name, bytes and modification time (ns) of all CVs.
        preferences_sha256: content of the preferences file that was read last.
        facts_sha256: content of the profile.toml that was read last.
    """

    sha256s: frozenset[str]
    current_sha256: str | None
    stamps: frozenset[tuple[str, int, int]]
    preferences_sha256: str | None
    facts_sha256: str | None


NO_STORED_FILES = StoredFiles(frozenset(), None, frozenset(), None, None)


def document_of(file_name: str, content: bytes) -> ReceivedDocument:
    """A document from its content, which need not be in a file."""
    return ReceivedDocument(file_name, content, hashlib.sha256(content).hexdigest(), len(content))


def receive_document(connection: Connection, user_id: int, document: ReceivedDocument) -> bool:
    """Store a CV as the user's current one; False if it is the current one already."""
    return bool(run_query(connection, "profiles/receive_document", {"user_id": user_id, **asdict(document)}))


def stored_files(connection: Connection, user_keys: Sequence[str] | None = None) -> dict[str, StoredFiles]:
    """What each user (all, or these) has handed in so far, by key."""
    keys = None if user_keys is None else list(user_keys)
    return {
        row.user_key: StoredFiles(
            sha256s=frozenset(row.sha256s or ()),
            current_sha256=row.sha256s[0] if row.sha256s else None,
            stamps=frozenset((name, size, modified) for name, size, modified in row.stamps or ()),
            preferences_sha256=row.preferences_sha256,
            facts_sha256=row.facts_sha256,
        )
        for row in run_query(connection, "profiles/stored_files", {"user_keys": keys})
    }


def current_document(connection: Connection, user_id: int) -> CurrentDocument | None:
    """The user's CV that was handed in last."""
    parameters = {"user_id": user_id, "extractor_version": EXTRACTOR_VERSION}
    rows = run_query(connection, "profiles/current_document", parameters)
    if not rows:
        return None
    columns = dict(rows[0]._mapping)
    columns |= {"content": bytes(columns["content"]), "is_profiled": bool(columns["is_profiled"])}
    return CurrentDocument(**columns)


def note_reading(connection: Connection, document_id: int, cv_text: str | None, reason: str | None) -> None:
    """Store the text of a document, or the reason why it cannot be read."""
    connection.execute(
        text(
            "UPDATE cv_documents SET status = :status, text = :text, reason = :reason, read_at = now() WHERE id = :id"
        ),
        {"id": document_id, "status": "unreadable" if reason else "read", "text": cv_text, "reason": reason},
    )


def unreadable_documents(connection: Connection, *, most: int) -> list[tuple[str, str]]:
    """Users whose newest CV could not be read: user key and reason, in the order of the keys."""
    return [
        (row.user_key, row.reason) for row in run_query(connection, "profiles/unreadable_documents", {"most": most})
    ]
