"""`cv_documents`: the CVs that users handed in."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

from sqlalchemy import Connection, text

from jobmatch_dagster.core.profiles.cv_labels import DEFAULT_LABEL
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
    label: str = DEFAULT_LABEL


@dataclass(frozen=True)
class CurrentDocument:
    """The current version of one of a user's CVs, and whether the current profile of that CV was read from it."""

    id: int
    user_id: int
    label: str
    file_name: str
    content: bytes
    sha256: str
    status: str
    reason: str | None
    newest_version: int | None
    is_profiled: bool


@dataclass(frozen=True)
class StoredCv:
    """What a user has handed in so far under one label.

    Attributes:
        sha256s: contents of all versions.
        current_sha256: content of the current version.
        stamps: name, bytes and modification time (ns) of all versions.
    """

    sha256s: frozenset[str] = frozenset()
    current_sha256: str | None = None
    stamps: frozenset[tuple[str, int, int]] = frozenset()


NO_STORED_CV = StoredCv()


@dataclass(frozen=True)
class StoredFiles:
    """What a user has handed in so far.

    Attributes:
        cvs: by label.
        preferences_sha256: content of the preferences file that was read last.
        facts_sha256: content of the profile.toml that was read last.
    """

    cvs: Mapping[str, StoredCv] = field(default_factory=dict)
    preferences_sha256: str | None = None
    facts_sha256: str | None = None


NO_STORED_FILES = StoredFiles()


def document_of(file_name: str, content: bytes) -> ReceivedDocument:
    """A document from its content, which need not be in a file."""
    return ReceivedDocument(file_name, content, hashlib.sha256(content).hexdigest(), len(content))


def receive_document(connection: Connection, user_id: int, document: ReceivedDocument) -> bool:
    """Store a CV as the current one of its label; False if it is the current one already."""
    return bool(run_query(connection, "profiles/receive_document", {"user_id": user_id, **asdict(document)}))


def stored_files(connection: Connection, user_keys: Sequence[str] | None = None) -> dict[str, StoredFiles]:
    """What each user (all, or these) has handed in so far, by key."""
    keys = None if user_keys is None else list(user_keys)
    return {
        row.user_key: StoredFiles(_stored_cvs(row.cvs or ()), row.preferences_sha256, row.facts_sha256)
        for row in run_query(connection, "profiles/stored_files", {"user_keys": keys})
    }


def current_documents(connection: Connection, user_id: int) -> list[CurrentDocument]:
    """The current version of each of the user's CVs; the one that was handed in last comes first."""
    parameters = {"user_id": user_id, "extractor_version": EXTRACTOR_VERSION}
    found = []
    for row in run_query(connection, "profiles/current_documents", parameters):
        columns = row._asdict()
        columns |= {"content": bytes(columns["content"]), "is_profiled": bool(columns["is_profiled"])}
        found.append(CurrentDocument(**columns))
    return found


def delete_cv(connection: Connection, user_id: int, label: str) -> int:
    """Delete all versions of a CV, with the profiles that were read from them; returns the number of versions."""
    query = text("DELETE FROM cv_documents WHERE user_id = :user_id AND label = :label")
    return connection.execute(query, {"user_id": user_id, "label": label}).rowcount


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


def _stored_cvs(rows: Sequence[tuple[str, str, str, int, int]]) -> dict[str, StoredCv]:
    """By label, from (label, SHA-256, name, bytes, modification time) of documents, the last one first."""
    of_label: dict[str, list[tuple[str, tuple[str, int, int]]]] = {}
    for label, sha256, name, size, modified_ns in rows:
        of_label.setdefault(label, []).append((sha256, (name, size, modified_ns)))
    return {
        label: StoredCv(frozenset(sha for sha, _ in found), found[0][0], frozenset(stamp for _, stamp in found))
        for label, found in of_label.items()
    }
