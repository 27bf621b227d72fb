"""Reading what an explanation is made of. Nothing here writes."""

import re
from dataclasses import fields

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from jobmatch_dagster.core.matching.posting_facts import PostingFacts
from jobmatch_dagster.core.posting import POSTING_COLUMNS, Posting
from jobmatch_dagster.db.connection.bulk import read_vectors
from jobmatch_dagster.db.connection.engine import run_query
from jobmatch_dagster.db.explain.rows import (
    MatchEvent,
    OtherAd,
    PageMention,
    PastCalibration,
    QuarantinedRecord,
    StoredMatch,
    StoredPosting,
    StoredProfile,
    StoredVector,
)

_POSTING_VECTOR = "SELECT job_id, embedding FROM job_embeddings WHERE job_id = %(id)s AND model = %(model)s"
_PROFILE_VECTOR = "SELECT profile_id, embedding FROM profile_embeddings WHERE profile_id = %(id)s AND model = %(model)s"
# Ids are short; of a long text only the beginning is varied.
_LETTERS_VARIED = 30
_OWN_COLUMNS = tuple(field.name for field in fields(StoredPosting) if field.name not in ("ad", "facts", "body"))


def read_posting(connection: Connection, external_id: str) -> StoredPosting | None:
    """The posting, None when it is not stored."""
    rows = run_query(connection, "explain/explain_posting", {"external_id": external_id})
    if not rows:
        return None
    columns = rows[0]._mapping
    facts = PostingFacts(
        columns["fact_skills"],
        columns["fact_experience_level"],
        columns["fact_industries"],
        columns["fact_work_arrangement"],
        columns["facts_derived"],
    )
    return StoredPosting(
        ad=Posting(**{name: columns[name] for name in POSTING_COLUMNS}),
        body=bytes(columns["body"]),
        facts=None if columns["facts_record_hash"] is None else facts,
        **{name: columns[name] for name in _OWN_COLUMNS},
    )


def read_profiles(connection: Connection, user_key: str, model: str) -> list[StoredProfile]:
    """The user's current profiles, one for each CV, the newest first; one of None alone while there is none.

    The list is empty when there is no such user.
    """
    rows = run_query(connection, "explain/explain_profile", {"user_key": user_key, "model": model})
    return [StoredProfile(**row._mapping) for row in rows]


def read_match(connection: Connection, user_key: str, external_id: str) -> StoredMatch | None:
    """The user's stored match with the posting, None when there is none."""
    rows = run_query(connection, "explain/stored_match", {"user_key": user_key, "external_id": external_id})
    return StoredMatch(**rows[0]._mapping) if rows else None


def read_history(connection: Connection, user_id: int, job_id: int, most: int) -> list[MatchEvent]:
    """What happened to the pair, the newest first; at most so many events."""
    rows = run_query(connection, "explain/match_history", {"user_id": user_id, "job_id": job_id, "most": most})
    return [MatchEvent(**row._mapping) for row in rows]


def read_posting_vector(connection: Connection, job_id: int, model: str) -> StoredVector | None:
    """What is known of the posting's vector of this model, None when there is none."""
    rows = run_query(connection, "explain/explain_vector", {"job_id": job_id, "model": model})
    return StoredVector(**rows[0]._mapping) if rows else None


def read_other_ads(connection: Connection, job_id: int, user_key: str) -> list[OtherAd]:
    """Other postings of the same cluster, or of the same company and title."""
    rows = run_query(connection, "explain/explain_duplicates", {"job_id": job_id, "user_key": user_key})
    return [OtherAd(**row._mapping) for row in rows]


def read_quarantined(connection: Connection, external_id: str) -> list[QuarantinedRecord]:
    """Records of the posting that could not be used."""
    rows = run_query(connection, "explain/quarantined_posting", {"external_id": external_id})
    return [QuarantinedRecord(**row._mapping) for row in rows]


def read_mentions(connection: Connection, external_id: str, days: int) -> list[PageMention]:
    """Responses of the API, of the last days, that name the posting."""
    # As the value of "id" in a record, or as an item of a list of ids.
    value = f'"?{re.escape(external_id)}"?'
    pattern = rf'("id"\s*:\s*{value}\s*[,}}]|[\[,]\s*{value}\s*[\],])'
    parameters = {"external_id": external_id, "pattern": pattern, "days": days}
    rows = run_query(connection, "explain/explain_mentions", parameters)
    return [PageMention(**row._mapping) for row in rows]


def near_postings(connection: Connection, external_id: str) -> list[str]:
    """Ids of postings that differ from this one by a letter more, less or other, or by two that changed places."""
    # As LIKE takes them literally.
    spelled = [re.sub(r"([\\%_])", r"\\\1", letter) for letter in external_id]
    letters, rest = spelled[:_LETTERS_VARIED], "".join(spelled[_LETTERS_VARIED:])
    patterns = set()
    for place in range(len(letters) + 1):
        before, after = "".join(letters[:place]), letters[place:]
        patterns.add(f"{before}_{''.join(after)}{rest}")
        if after:
            patterns |= {f"{before}_{''.join(after[1:])}{rest}", f"{before}{''.join(after[1:])}{rest}"}
        if len(after) > 1:
            patterns.add(f"{before}{after[1]}{after[0]}{''.join(after[2:])}{rest}")
    rows = run_query(connection, "explain/near_postings", {"patterns": sorted(patterns)})
    return [row.external_id for row in rows]


def read_calibrations(connection: Connection, model: str) -> list[PastCalibration]:
    """The newest calibrations of a model, newest first."""
    rows = run_query(connection, "explain/explain_calibrations", {"model": model})
    return [PastCalibration(**row._mapping) for row in rows]


def read_vector_pair(
    connection: Connection, job_id: int, profile_id: int | None, model: str
) -> tuple[NDArray[np.float32] | None, NDArray[np.float32] | None]:
    """The stored vectors of a posting and of a profile, None where there is none."""
    return _vector(connection, _POSTING_VECTOR, job_id, model), _vector(connection, _PROFILE_VECTOR, profile_id, model)


def _vector(connection: Connection, query: str, owner_id: int | None, model: str) -> NDArray[np.float32] | None:
    if owner_id is None:
        return None
    _, vectors = read_vectors(connection, query, {"id": owner_id, "model": model})
    return vectors[0] if len(vectors) else None
