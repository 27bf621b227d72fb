"""Postings to match: which are chosen, their facts and conditions, their vectors."""

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, field, fields

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Row

from jobmatch_dagster.core.buckets import Bucket
from jobmatch_dagster.core.matching.conditions import PostingConditions, conditions_of_posting
from jobmatch_dagster.core.matching.posting_facts import PostingFacts, derive_facts, facts_version
from jobmatch_dagster.db.connection.bulk import read_vectors_of, stage
from jobmatch_dagster.db.connection.engine import run_query

_VECTORS = """
    SELECT job_id, embedding FROM unnest(CAST(%(job_ids)s AS bigint[])) AS chosen (job_id)
    JOIN job_embeddings USING (job_id) WHERE model = %(model)s ORDER BY job_id
"""


@dataclass(frozen=True)
class ChosenPostings:
    """Postings that are matched, by ascending id, each in the version that was chosen."""

    ids: tuple[int, ...] = field(repr=False)
    record_hashes: tuple[str, ...] = field(repr=False)

    def __len__(self) -> int:
        return len(self.ids)

    def sample(self, most: int) -> "ChosenPostings":
        """At most so many of them, evenly spread over the ids."""
        step = max(1, -(-len(self) // most))
        return ChosenPostings(self.ids[::step], self.record_hashes[::step])

    @property
    def id_array(self) -> str:
        """The ids as PostgreSQL reads a bigint[]; as a list, 100,000 of them would be as many expressions."""
        return as_id_array(self.ids)


@dataclass(frozen=True)
class KnownFacts:
    """Facts of chosen postings, in their order. `unstored` are ids of postings whose facts were derived just now."""

    facts: Sequence[PostingFacts]
    unstored: tuple[int, ...] = ()


def choose_stale_postings(
    connection: Connection, model: str, scoring_key: str, bucket: Bucket, most: int | None
) -> ChosenPostings:
    """The open postings that users of the bucket were not matched with in this version and scoring, oldest first."""
    parameters = {"model": model, "scoring_key": scoring_key, "everything": False, "most": most}
    return _choose(connection, parameters | {"bucket": bucket.index})


def choose_open_postings(connection: Connection, model: str) -> ChosenPostings:
    """All open postings with a vector of this model."""
    return _choose(connection, {"model": model, "scoring_key": "", "everything": True, "most": None, "bucket": 0})


def choose_posting(connection: Connection, model: str, external_id: str) -> ChosenPostings:
    """One posting, open or closed; none when it has no vector of this model for its current text."""
    return _chosen(
        run_query(connection, "matching/posting_by_external_id", {"external_id": external_id, "model": model})
    )


def read_facts(connection: Connection, chosen: ChosenPostings) -> KnownFacts:
    """Facts of the chosen postings. Facts that are not stored in this version are derived, and stay unstored."""
    stored = _stored_facts(connection, chosen)
    derived = _derive_missing(connection, chosen, stored)
    found = stored | {posting.id: posting.facts for posting in derived}
    return KnownFacts([found[job_id] for job_id in chosen.ids], tuple(posting.id for posting in derived))


def ensure_facts(connection: Connection, chosen: ChosenPostings) -> KnownFacts:
    """As `read_facts`; what was derived is stored."""
    stored = _stored_facts(connection, chosen)
    derived = _derive_missing(connection, chosen, stored)
    if derived:
        version = facts_version()
        rows = ((posting.id, posting.record_hash, version, *astuple(posting.facts)) for posting in derived)
        columns = ("job_id", "record_hash", "facts_version", *(field.name for field in fields(PostingFacts)))
        stage(connection, "job_facts", columns, rows, name="staged_facts")
        run_query(connection, "matching/merge_facts")
        connection.exec_driver_sql("DROP TABLE staged_facts")
    found = stored | {posting.id: posting.facts for posting in derived}
    return KnownFacts([found[job_id] for job_id in chosen.ids])


def read_posting_vectors(connection: Connection, model: str, chosen: ChosenPostings) -> NDArray[np.float32]:
    """Vectors of the chosen postings, shape (n, d), in their order.

    Raises:
        VectorsMissingError: if a vector was deleted since its posting was chosen.
    """
    return read_vectors_of(connection, _VECTORS, {"model": model, "job_ids": chosen.id_array}, chosen.ids)


def read_conditions(
    connection: Connection, chosen: ChosenPostings, facts: Sequence[PostingFacts]
) -> list[PostingConditions]:
    """What users' conditions are compared with, for the chosen postings in their order."""
    rows = run_query(connection, "matching/posting_conditions", {"job_ids": chosen.id_array})
    return [conditions_of_posting(row, known.work_arrangement) for row, known in zip(rows, facts, strict=True)]


def note_postings_matched(connection: Connection, chosen: ChosenPostings, bucket: Bucket, scoring_key: str) -> None:
    """Note that the chosen postings were matched against every active user of the bucket."""
    run_query(
        connection,
        "matching/note_postings_matched",
        {
            "job_ids": chosen.id_array,
            "record_hashes": list(chosen.record_hashes),
            "bucket": bucket.index,
            "scoring_key": scoring_key,
        },
    )


def _choose(connection: Connection, parameters: Mapping[str, object]) -> ChosenPostings:
    return _chosen(run_query(connection, "matching/postings_to_match", parameters))


def _chosen(rows: Sequence[Row[tuple[int, str]]]) -> ChosenPostings:
    return ChosenPostings(tuple(row.id for row in rows), tuple(row.record_hash for row in rows))


@dataclass(frozen=True, slots=True)
class _Derived:
    id: int
    record_hash: str
    facts: PostingFacts


def _stored_facts(connection: Connection, chosen: ChosenPostings) -> dict[int, PostingFacts]:
    """Stored facts of exactly the chosen versions."""
    version_of = dict(zip(chosen.ids, chosen.record_hashes, strict=True))
    parameters = {"job_ids": chosen.id_array, "facts_version": facts_version()}
    return {
        row.job_id: PostingFacts(*row[2:])
        for row in run_query(connection, "matching/stored_facts", parameters)
        if row.record_hash == version_of[row.job_id]
    }


def _derive_missing(
    connection: Connection, chosen: ChosenPostings, stored: Mapping[int, PostingFacts]
) -> list[_Derived]:
    missing = [job_id for job_id in chosen.ids if job_id not in stored]
    rows = run_query(connection, "matching/facts_sources", {"job_ids": as_id_array(missing)}) if missing else []
    return [_Derived(row.id, row.record_hash, derive_facts(row)) for row in rows]


def as_id_array(ids: Sequence[int]) -> str:
    """Ids as the literal of a bigint[]."""
    return "{" + ",".join(map(str, ids)) + "}"
