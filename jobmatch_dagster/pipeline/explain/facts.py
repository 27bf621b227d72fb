"""What is known about one user and one posting, from every table that had a part in their match.

Put here what is read and what is computed again. What is odd about it stands in `*_findings.py`, how it is told in
`*_sections.py`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Row

from jobmatch_dagster.core.catalog.normalise import RecordError, normalise_record, parse_stored_page
from jobmatch_dagster.core.matching.blocks import similarities
from jobmatch_dagster.core.matching.conditions import PostingConditions
from jobmatch_dagster.core.matching.embedding_text import posting_text_to_embed, profile_text_to_embed
from jobmatch_dagster.core.matching.judge import Judgement, PairFacts, judge
from jobmatch_dagster.core.posting import Posting
from jobmatch_dagster.core.profiles.profile import Profile, extract_profile
from jobmatch_dagster.core.raw.fields import is_personal
from jobmatch_dagster.core.raw.page_records import PageError
from jobmatch_dagster.core.raw.windows import HOUR, latest_collectable_hour
from jobmatch_dagster.db.catalog.embedding_models import read_model_in_force
from jobmatch_dagster.db.connection.bulk import read_vectors
from jobmatch_dagster.db.connection.engine import Database, run_query
from jobmatch_dagster.db.matching.calibrations import StoredCalibration, read_calibration_in_force
from jobmatch_dagster.db.raw.pages import missing_hours
from jobmatch_dagster.errors import NotFoundError
from jobmatch_dagster.pipeline.matching.match import LoadedPairs, MatchSettings, load_pairs
from jobmatch_dagster.resources.embedder import EmbedderResource

# How far back pages are searched for a posting that is not held, and hours for gaps.
SEARCHED_DAYS = 14
_JOB_VECTOR = "SELECT job_id, embedding FROM job_embeddings WHERE job_id = %(id)s AND model = %(model)s"
_PROFILE_VECTOR = "SELECT profile_id, embedding FROM profile_embeddings WHERE profile_id = %(id)s AND model = %(model)s"


class NothingToExplainError(NotFoundError):
    """The user is not known; the message says what to look for."""


@dataclass(frozen=True)
class Reread:
    """A record as it came (without the fields of people), and the posting that it gives now, or why it gives none."""

    record: Any
    posting: Posting | None
    problem: str = ""


@dataclass(frozen=True)
class Similarities:
    """Cosines of the pair: of the stored vectors, and of texts embedded now (None: not asked for)."""

    stored: float | None
    posting_drift: float | None = None
    profile_drift: float | None = None


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Everything about one pair. What does not exist is None or empty."""

    user_key: str
    external_id: str
    now: datetime
    settings: MatchSettings
    user: Row[Any]
    reread_profile: Profile | None
    quarantined: Sequence[Row[Any]]
    missing_hours: Sequence[datetime]
    mentions: Sequence[Row[Any]]
    calibration: StoredCalibration
    calibrations: Sequence[Row[Any]]
    posting: Row[Any] | None = None
    reread: Reread | None = None
    duplicates: Sequence[Row[Any]] = ()
    vector: Row[Any] | None = None
    similarities: Similarities = field(default_factory=lambda: Similarities(None))
    loaded: LoadedPairs | None = None
    compared: PairFacts | None = None
    pair: Judgement | None = None
    stored: Row[Any] | None = None


def gather(
    database: Database,
    settings: MatchSettings,
    user_key: str,
    external_id: str,
    *,
    now: datetime,
    embedder: EmbedderResource | None = None,
) -> Facts:
    """Read and compute again what there is about a pair.

    Args:
        database: where it is kept.
        settings: model and weights as they are now; of the model, the one in force is used.
        user_key: the user.
        external_id: the vendor's id of the posting; it need not be held.
        now: end of the hours that should have been collected.
        embedder: embeds both texts again to see whether the stored vectors are theirs; None leaves it.

    Raises:
        NothingToExplainError: if the user is not known.
    """
    end = latest_collectable_hour(now) + HOUR
    with database.begin() as connection:
        settings = replace(settings, model=read_model_in_force(connection, settings.model))
        users = run_query(connection, "explain/explain_profile", {"user_key": user_key, "model": settings.model})
        if not users:
            raise NothingToExplainError(f"There is no user {user_key!r}: has a CV of theirs landed in the inbox?")
        postings = run_query(connection, "explain/explain_posting", {"external_id": external_id})
        posting = postings[0] if postings else None
        common: dict[str, Any] = {
            "user_key": user_key,
            "external_id": external_id,
            "now": now,
            "settings": settings,
            "user": users[0],
            "reread_profile": _read_profile_again(users[0], now),
            "quarantined": run_query(connection, "explain/quarantined_posting", {"external_id": external_id}),
            "missing_hours": missing_hours(connection, end - timedelta(days=SEARCHED_DAYS), end),
            "mentions": [] if posting else _mentions(connection, external_id),
            "calibration": read_calibration_in_force(connection, settings.model),
            "calibrations": run_query(connection, "explain/explain_calibrations", {"model": settings.model}),
        }
        if posting is None:
            return Facts(**common)
        return Facts(**common, **_of_posting(connection, settings, users[0], user_key, posting, embedder, common))


def present_text(posting: Row[Any]) -> str:
    """The text that stands for the posting when it is embedded now."""
    return posting_text_to_embed(posting)


def _compared(loaded: LoadedPairs) -> PairFacts:
    """The one pair that was loaded."""
    profiles, postings = loaded.profile_block, loaded.posting_block
    return PairFacts(
        profile=profiles.facts[0],
        posting=postings.facts[0],
        similarity=float(similarities(profiles.vectors, postings.vectors)[0, 0]),
        user_conditions=profiles.conditions[0],
        posting_conditions=postings.conditions[0] if postings.conditions else PostingConditions(),
    )


def _of_posting(
    connection: Connection,
    settings: MatchSettings,
    user: Row[Any],
    user_key: str,
    posting: Row[Any],
    embedder: EmbedderResource | None,
    common: Mapping[str, Any],
) -> dict[str, Any]:
    names = {"user_key": user_key, "external_id": posting.external_id}
    run_query(connection, "explain/select_one_posting", {"external_id": posting.external_id, "model": settings.model})
    loaded = load_pairs(connection, settings, [user_key])
    compared = _compared(loaded) if loaded.postings and loaded.profiles else None
    calibration = common["calibration"].calibration
    vectors = run_query(connection, "explain/explain_vector", {"job_id": posting.id, "model": settings.model})
    stored = run_query(connection, "explain/stored_match", names)
    return {
        "posting": posting,
        "reread": _read_record_again(posting),
        "duplicates": run_query(connection, "explain/explain_duplicates", {"job_id": posting.id, "user_key": user_key}),
        "vector": vectors[0] if vectors else None,
        "similarities": _similarities(connection, settings.model, user, posting, embedder),
        "loaded": loaded,
        "compared": compared,
        "pair": judge(compared, loaded.rules, calibration) if compared else None,
        "stored": stored[0] if stored else None,
    }


def _read_record_again(posting: Row[Any]) -> Reread:
    try:
        records = parse_stored_page(bytes(posting.body))
    except PageError as error:
        return Reread(None, None, str(error))
    if posting.page_position >= len(records):
        return Reread(None, None, f"the page has {len(records)} records, none at position {posting.page_position}")
    record = records[posting.page_position]
    shown = (
        {key: value for key, value in record.items() if not is_personal(key)} if isinstance(record, dict) else record
    )
    try:
        return Reread(shown, normalise_record(record))
    except RecordError as error:
        return Reread(shown, None, str(error))


def _read_profile_again(user: Row[Any], now: datetime) -> Profile | None:
    if user.profile_id is None or not user.document_text:
        return None
    # What the CV calls "today" was the day of the reading; on recorded pages the clock stands before it.
    return extract_profile(user.document_text, today=min(user.created_at, now).date())


def _mentions(connection: Connection, external_id: str) -> Sequence[Row[Any]]:
    return run_query(connection, "explain/explain_mentions", {"external_id": external_id, "days": SEARCHED_DAYS})


def _similarities(
    connection: Connection, model: str, user: Row[Any], posting: Row[Any], embedder: EmbedderResource | None
) -> Similarities:
    job = _vector(connection, _JOB_VECTOR, posting.id, model)
    profile = _vector(connection, _PROFILE_VECTOR, user.profile_id, model)
    stored = float(job @ profile) if job is not None and profile is not None and len(job) == len(profile) else None
    # Of a model that is being built beside the one in force nothing is compared.
    if embedder is None or embedder.model != model or job is None or profile is None:
        return Similarities(stored)
    fresh = embedder.encode([present_text(posting), profile_text_to_embed(user.embedding_text)]).vectors
    return Similarities(stored, _cosine(job, fresh[0]), _cosine(profile, fresh[1]))


def _vector(connection: Connection, query: str, key: int | None, model: str) -> NDArray[np.float32] | None:
    if key is None:
        return None
    _, vectors = read_vectors(connection, query, {"id": key, "model": model})
    return vectors[0] if len(vectors) else None


def _cosine(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    if one.shape != other.shape:
        return 0.0
    return float(one @ other / ((np.linalg.norm(one) * np.linalg.norm(other)) or 1.0))
