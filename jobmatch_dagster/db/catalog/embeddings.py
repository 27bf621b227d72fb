"""`job_embeddings` and `profile_embeddings`: what is to be embedded, and the vectors."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Row, text

from jobmatch_dagster.db.connection.bulk import stage
from jobmatch_dagster.db.connection.engine import run_query

_OWNERS = {"job_embeddings": "job_id", "profile_embeddings": "profile_id"}


def stale_job_texts(connection: Connection, model: str, limit: int) -> Sequence[Row[Any]]:
    """Open postings without a vector of this model for their present text, oldest first."""
    return run_query(connection, "catalog/stale_job_texts", {"model": model, "limit": limit})


def stale_profile_texts(
    connection: Connection, model: str, user_keys: Sequence[str] | None = None
) -> Sequence[Row[Any]]:
    """Current profiles of active users (all, or these) without a vector of this model."""
    keys = None if user_keys is None else list(user_keys)
    return run_query(connection, "catalog/stale_profile_texts", {"model": model, "user_keys": keys})


def write_embeddings(
    connection: Connection,
    table: str,
    model: str,
    rows: Iterable[tuple[int, str, NDArray[np.float32]]],
    run_id: str,
) -> int:
    """Write vectors as (owner id, text hash, vector) rows; gives how many were new or changed.

    Rows whose owner has gone in the meantime are left out.
    """
    owner = _OWNERS[table]
    columns = (owner, "model", "text_hash", "embedding", "run_id")
    staged = ((key, model, text_hash, vector, run_id) for key, text_hash, vector in rows)
    stage(connection, table, columns, staged, name="staged_embeddings")
    parent = "jobs" if table == "job_embeddings" else "cv_profiles"
    result = connection.execute(
        text(
            f"INSERT INTO {table} AS known ({', '.join(columns)}) "
            f"SELECT {', '.join(f's.{c}' for c in columns)} FROM staged_embeddings AS s "
            f"JOIN {parent} ON {parent}.id = s.{owner} ORDER BY s.{owner} "
            f"ON CONFLICT ({owner}, model) DO UPDATE SET text_hash = excluded.text_hash, "
            "embedding = excluded.embedding, run_id = excluded.run_id, embedded_at = now() "
            "WHERE known.text_hash IS DISTINCT FROM excluded.text_hash"
        )
    )
    connection.execute(text("DROP TABLE staged_embeddings"))
    return result.rowcount
