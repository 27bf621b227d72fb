"""`forgotten_users`: proofs of erasures, from which no user key can be read.

A proof has a salted hash of the key. It is open until the erasure has searched every place.
"""

import json
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from jobmatch_dagster.core.profiles.user_keys import hash_user_key


def add_proof(connection: Connection, user_key: str, report: Mapping[str, Any]) -> int:
    """Store a proof with the report so far; returns its id."""
    salt = secrets.token_hex(16)
    query = "INSERT INTO forgotten_users (salt, key_hash, report) VALUES (:salt, :hash, :report) RETURNING id"
    parameters = {"salt": salt, "hash": hash_user_key(user_key, salt), "report": json.dumps(report)}
    return int(connection.scalars(text(query), parameters).one())


def complete_proof(connection: Connection, proof_id: int, report: Mapping[str, Any]) -> None:
    """Replace the report of a proof by the complete one."""
    query = "UPDATE forgotten_users SET report = CAST(:report AS jsonb) WHERE id = :id"
    connection.execute(text(query), {"id": proof_id, "report": json.dumps(report)})


def find_open_proof(connection: Connection, user_key: str) -> tuple[int, dict[str, Any]] | None:
    """Id and report of the newest proof that a killed erasure left open; None without one."""
    query = (
        "SELECT id, salt, key_hash, report FROM forgotten_users WHERE report -> 'completed' = 'false' ORDER BY id DESC"
    )
    for row in connection.execute(text(query)):
        if row.key_hash == hash_user_key(user_key, row.salt):
            return row.id, row.report
    return None


def erasures_of(connection: Connection, user_key: str) -> list[tuple[datetime, dict[str, Any]]]:
    """Time and report of every erasure of a key, oldest first.

    Each proof has a salt of its own and takes about 20 ms to compare: this is for audits, not for screens.
    """
    rows = connection.execute(text("SELECT salt, key_hash, report, forgotten_at FROM forgotten_users ORDER BY id"))
    return [(row.forgotten_at, row.report) for row in rows if row.key_hash == hash_user_key(user_key, row.salt)]
