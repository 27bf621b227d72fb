"""`job_embeddings` and `profile_embeddings`: writing vectors, and the postings that lack one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, text

from jobmatch_dagster.core.buckets import ONLY_BUCKET, Bucket
from jobmatch_dagster.db.connection.bulk import stage
from jobmatch_dagster.db.connection.engine import run_query


@dataclass(frozen=True)
class StalePosting:
    """The text of a posting without a vector, and its hash."""

    id: int
    text_hash: str
    title: str
    ai_key_skills: list[str] | None
    ai_keywords: list[str] | None
    ai_core_responsibilities: str | None
    ai_requirements_summary: str | None
    description: str | None


@dataclass(frozen=True)
class Vector:
    """The vector of a posting or profile, and the hash of the text that was embedded."""

    owner_id: int
    text_hash: str
    vector: NDArray[np.float32]


def stale_postings(connection: Connection, model: str, limit: int, bucket: Bucket = ONLY_BUCKET) -> list[StalePosting]:
    """Open postings of a bucket without a vector of this model for their current text, oldest first."""
    parameters = {"model": model, "limit": limit, **bucket.parameters}
    rows = run_query(connection, "catalog/stale_postings", parameters)
    return [StalePosting(**row._mapping) for row in rows]


def count_stale_postings(connection: Connection, model: str, bucket: Bucket = ONLY_BUCKET) -> int:
    """Number of open postings of a bucket without a vector of this model for their current text."""
    parameters = {"model": model, **bucket.parameters}
    return int(run_query(connection, "catalog/count_stale_postings", parameters)[0].postings)


def write_posting_vectors(connection: Connection, model: str, vectors: Iterable[Vector], run_id: str) -> int:
    """Write vectors of postings; returns the number of new or changed ones. Deleted postings are left out."""
    return _write(connection, "job_embeddings", "job_id", "jobs", model, vectors, run_id)


def write_profile_vectors(connection: Connection, model: str, vectors: Iterable[Vector], run_id: str) -> int:
    """Write vectors of profiles; returns the number of new or changed ones. Deleted profiles are left out."""
    return _write(connection, "profile_embeddings", "profile_id", "cv_profiles", model, vectors, run_id)


def _write(
    connection: Connection,
    table: str,
    owner: str,
    owner_table: str,
    model: str,
    vectors: Iterable[Vector],
    run_id: str,
) -> int:
    columns = (owner, "model", "text_hash", "embedding", "run_id")
    rows = ((vector.owner_id, model, vector.text_hash, vector.vector, run_id) for vector in vectors)
    stage(connection, table, columns, rows, name="staged_embeddings")
    result = connection.execute(
        text(
            f"INSERT INTO {table} AS known ({', '.join(columns)}) "
            f"SELECT {', '.join(f's.{c}' for c in columns)} FROM staged_embeddings AS s "
            f"JOIN {owner_table} ON {owner_table}.id = s.{owner} ORDER BY s.{owner} "
            f"ON CONFLICT ({owner}, model) DO UPDATE SET text_hash = excluded.text_hash, "
            "embedding = excluded.embedding, run_id = excluded.run_id, embedded_at = now() "
            "WHERE known.text_hash IS DISTINCT FROM excluded.text_hash"
        )
    )
    connection.execute(text("DROP TABLE staged_embeddings"))
    return result.rowcount


def delete_posting_vectors(connection: Connection, models: Sequence[str]) -> None:
    """Delete the vectors of these models; they are missing from now on."""
    connection.execute(text("DELETE FROM job_embeddings WHERE model = ANY(:models)"), {"models": list(models)})


def delete_profile_vectors(connection: Connection, model: str, bucket: Bucket = ONLY_BUCKET) -> None:
    """Delete the vectors of a model, of users of a bucket; they are missing from now on."""
    query = (
        "DELETE FROM profile_embeddings USING cv_profiles AS p "
        "WHERE p.id = profile_id AND model = :model "
        "AND (CAST(:bucket AS integer) IS NULL OR is_in_bucket(p.user_id, :bucket, :buckets))"
    )
    connection.execute(text(query), {"model": model, **bucket.parameters})
