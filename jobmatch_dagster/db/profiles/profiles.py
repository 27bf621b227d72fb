"""Users, their CV documents and profile versions."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, text

from jobmatch_dagster.core.profiles.profile import EXTRACTOR_VERSION, Profile
from jobmatch_dagster.core.text import sha256_hex
from jobmatch_dagster.db.connection.engine import run_query
from jobmatch_dagster.db.connection.locks import CLAUDE_BUDGET, lock
from jobmatch_dagster.errors import NotFoundError


class UnknownUserError(NotFoundError):
    """There is no user of that key: nothing is held."""


@dataclass(frozen=True)
class CurrentDocument:
    """The CV that counts for a user, and whether the newest profile version was read from it."""

    id: int
    file_name: str
    content: bytes
    sha256: str
    status: str
    reason: str | None
    newest_version: int | None
    is_profiled: bool


@dataclass(frozen=True)
class Held:
    """What a user has handed in: contents and stamps (name, bytes, time in ns) of CVs, the side file of preferences."""

    sha256s: frozenset[str]
    current_sha256: str | None
    stamps: frozenset[tuple[str, int, int]]
    preferences_sha256: str | None


NOTHING_HELD = Held(frozenset(), None, frozenset(), None)


@dataclass(frozen=True)
class UserToMatch:
    """A user whose profile or preferences are newer than the matches."""

    user_id: int
    user_key: str
    profile_version: int
    preferences_version: int


def user_id_of(connection: Connection, user_key: str) -> int | None:
    """The user's id, None when there is no such user."""
    found: int | None = connection.scalar(text("SELECT id FROM users WHERE user_key = :key"), {"key": user_key})
    return found


def deactivate_user(connection: Connection, user_key: str) -> int | None:
    """Have nothing new begun for a user who is about to be erased; gives the id, None when there is no such user.

    It waits for claims on Claude's budget that are being made: what is claimed later finds the user inactive.
    """
    lock(connection, CLAUDE_BUDGET)
    query = "UPDATE users SET active = false WHERE user_key = :key RETURNING id"
    found: int | None = connection.scalar(text(query), {"key": user_key})
    return found


def ensure_user(connection: Connection, user_key: str) -> int:
    """The user's id; the user is created when new."""
    connection.execute(
        text("INSERT INTO users (user_key) VALUES (:key) ON CONFLICT (user_key) DO NOTHING"), {"key": user_key}
    )
    return int(connection.scalars(text("SELECT id FROM users WHERE user_key = :key"), {"key": user_key}).one())


def content_hash(content: bytes) -> str:
    """SHA-256 of a file's content, hex: the identity of a CV document."""
    return hashlib.sha256(content).hexdigest()


def receive_document(
    connection: Connection,
    user_id: int,
    file_name: str,
    content: bytes,
    *,
    sha256: str | None = None,
    file_bytes: int | None = None,
    modified_ns: int | None = None,
    reason: str | None = None,
) -> bool:
    """Keep a CV as the user's current one; False when it is that already.

    A file that is not kept comes without content, with a hash that stands for it and the reason.
    """
    parameters = {
        "user_id": user_id, "file_name": file_name, "content": content, "sha256": sha256 or content_hash(content),
        "file_bytes": len(content) if file_bytes is None else file_bytes, "file_modified_ns": modified_ns,
        "reason": reason,
    }  # fmt: skip
    return bool(run_query(connection, "profiles/receive_document", parameters))


def held_by_users(connection: Connection, user_keys: Sequence[str] | None = None) -> dict[str, Held]:
    """What each user (all, or these) has handed in."""
    keys = None if user_keys is None else list(user_keys)
    return {
        row.user_key: Held(
            frozenset(row.sha256s or ()),
            row.sha256s[0] if row.sha256s else None,
            frozenset((name, size, modified) for name, size, modified in row.stamps or ()),
            row.preferences_sha256,
        )
        for row in run_query(connection, "profiles/held_documents", {"user_keys": keys})
    }


def current_document(connection: Connection, user_id: int) -> CurrentDocument | None:
    """The user's CV that landed last."""
    rows = run_query(
        connection, "profiles/current_document", {"user_id": user_id, "extractor_version": EXTRACTOR_VERSION}
    )
    if not rows:
        return None
    row = rows[0]
    return CurrentDocument(
        row.id, row.file_name, bytes(row.content), row.sha256, row.status, row.reason, row.newest_version,
        bool(row.is_profiled),
    )  # fmt: skip


def record_reading(connection: Connection, document_id: int, cv_text: str | None, reason: str | None) -> None:
    """Note the outcome of reading a document: its text, or why it cannot be read."""
    connection.execute(
        text(
            "UPDATE cv_documents SET status = :status, text = :text, reason = :reason, read_at = now() WHERE id = :id"
        ),
        {"id": document_id, "status": "unreadable" if reason else "read", "text": cv_text, "reason": reason},
    )


def insert_profile(connection: Connection, user_id: int, document_id: int, profile: Profile, run_id: str) -> int:
    """Add the next version of the user's profile; gives its number."""
    return int(
        connection.scalars(
            text(
                "INSERT INTO cv_profiles (user_id, version, document_id, language, skills, experience_years, "
                "experience_level, seniority, education, languages, industries, work_arrangements, locations, "
                "evidence, embedding_text, text_hash, extractor_version, run_id) "
                "SELECT :user_id, coalesce(max(version), 0) + 1, :document_id, :language, :skills, "
                ":experience_years, :experience_level, :seniority, :education, :languages, :industries, "
                ":work_arrangements, :locations, CAST(:evidence AS jsonb), :embedding_text, :text_hash, "
                ":extractor_version, :run_id FROM cv_profiles WHERE user_id = :user_id RETURNING version"
            ),
            {
                "user_id": user_id, "document_id": document_id, "language": profile.language,
                "skills": _list(profile.skills), "experience_years": profile.experience_years,
                "experience_level": profile.experience_level, "seniority": profile.seniority,
                "education": _list(profile.education), "languages": _list(profile.languages),
                "industries": _list(profile.industries),
                "work_arrangements": _list(profile.work_arrangements), "locations": _list(profile.locations),
                "evidence": json.dumps(profile.evidence), "embedding_text": profile.embedding_text,
                "text_hash": sha256_hex(profile.embedding_text), "extractor_version": EXTRACTOR_VERSION,
                "run_id": run_id,
            },
        ).one()
    )  # fmt: skip


def users_to_match(connection: Connection, scoring_key: str | None = None) -> list[UserToMatch]:
    """Active users whose profile or preferences are newer than their matches, or (if given) the scoring another."""
    return [
        UserToMatch(row.user_id, row.user_key, row.profile_version, row.preferences_version)
        for row in run_query(connection, "profiles/users_to_match", {"scoring_key": scoring_key})
    ]


def active_user_keys(connection: Connection) -> list[str]:
    """Keys of all active users, oldest first."""
    return list(connection.scalars(text("SELECT user_key FROM users WHERE active ORDER BY id")))


def _list(values: Sequence[str] | None) -> list[str] | None:
    return list(values) if values else None
