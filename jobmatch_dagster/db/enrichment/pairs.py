"""Pairs of `user_job_matches` that wait for Claude, and the columns that its answers set."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, text

from jobmatch_dagster.core.enrichment.answer import ScoredAnswer, UnusableAnswer
from jobmatch_dagster.core.enrichment.prompt import prompt_version
from jobmatch_dagster.core.matching.posting_facts import PostingFacts
from jobmatch_dagster.core.matching.scoring import WEIGHT_COLUMNS, own_weights, priority
from jobmatch_dagster.db.connection.engine import read_sql, run_query


@dataclass(frozen=True)
class WaitingPair:
    """A pair that waits.

    Attributes:
        asked_job_id: the posting that is asked about, the oldest of the cluster.
        filters: verdicts on the user's preferences by filter; None without preferences.
        was_asked: whether its request was in a message batch when the pair was last checked.
        embedding_model: the model that the pair was scored with.
    """

    user_id: int
    job_id: int
    asked_job_id: int
    profile_version: int
    record_hash: str
    filters: Mapping[str, str] | None
    was_asked: bool
    embedding_model: str


@dataclass(frozen=True)
class WaitingCounts:
    """Pairs that wait for Claude, and how many of them are in message batches."""

    pairs: int
    in_batches: int


@dataclass(frozen=True)
class ComparedProfile:
    """What is compared of a profile version, with the work arrangements, language and weights that the user prefers."""

    user_id: int
    version: int
    skills: list[str] | None
    experience_years: Decimal | None
    experience_level: str | None
    seniority: str | None
    education: list[str] | None
    languages: list[str] | None
    industries: list[str] | None
    work_arrangements: list[str] | None
    explanation_language: str
    own_weights: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class ComparedPosting:
    """What is compared of a posting and sent to Claude; `facts` are those of the matching, None if it has none."""

    id: int
    text_hash: str
    title: str
    company: str
    location: str | None
    description: str | None
    ai_key_skills: list[str] | None
    ai_keywords: list[str] | None
    ai_experience_level: str | None
    ai_work_arrangement: str | None
    ai_taxonomies_a: list[str] | None
    ai_core_responsibilities: str | None
    ai_requirements_summary: str | None
    ai_education_requirements: list[str] | None
    ai_job_language: str | None
    facts: PostingFacts | None


_POSTING_COLUMNS = tuple(found.name for found in fields(ComparedPosting) if found.name != "facts")


@dataclass(frozen=True)
class Verdict:
    """What is written about a pair: its answer, and the signs of prompt injection in its postings."""

    pair: WaitingPair
    request_hash: str
    answer: ScoredAnswer | UnusableAnswer
    signs: tuple[str, ...]


@dataclass(frozen=True)
class WaitingNote:
    """Why a pair still waits: status `pending` in a batch, or `waiting` with the reason of the last failure."""

    user_id: int
    job_id: int
    status: str
    reason: str | None
    request_hash: str | None


def waiting_pairs(
    connection: Connection, user_keys: Sequence[str] | None, per_user: int, most: int
) -> list[WaitingPair]:
    """Pairs that wait for Claude (of all active users, or of these), each user's best first."""
    keys = None if user_keys is None else list(user_keys)
    rows = run_query(connection, "enrichment/waiting_pairs", {"user_keys": keys, "per_user": per_user, "most": most})
    return [WaitingPair(**row._mapping) for row in rows]


def count_waiting(connection: Connection, user_keys: Sequence[str] | None = None) -> WaitingCounts:
    """Number of pairs that wait for Claude (of all active users, or of these)."""
    keys = None if user_keys is None else list(user_keys)
    row = run_query(connection, "enrichment/waiting_counts", {"user_keys": keys})[0]
    return WaitingCounts(row.pairs, row.in_batches)


def profiles_of_pairs(connection: Connection, pairs: Sequence[WaitingPair]) -> dict[tuple[int, int], ComparedProfile]:
    """The pairs' profiles, by user and version."""
    wanted = sorted({(pair.user_id, pair.profile_version) for pair in pairs})
    parameters = {"user_ids": [user for user, _ in wanted], "versions": [version for _, version in wanted]}
    rows = run_query(connection, "enrichment/compared_profiles", parameters)
    return {(row.user_id, row.version): _compared_profile(row._asdict()) for row in rows}


def _compared_profile(columns: Mapping[str, Any]) -> ComparedProfile:
    values = {name: value for name, value in columns.items() if name not in WEIGHT_COLUMNS}
    return ComparedProfile(**values, own_weights=own_weights(columns))


def postings_of_pairs(connection: Connection, pairs: Sequence[WaitingPair]) -> dict[int, ComparedPosting]:
    """The pairs' postings and those that are asked about, by id."""
    wanted = sorted({job_id for pair in pairs for job_id in (pair.job_id, pair.asked_job_id)})
    found = {}
    for row in run_query(connection, "enrichment/compared_postings", {"job_ids": wanted}):
        facts = PostingFacts(row.skills, row.experience_level, row.industries, row.work_arrangement, row.derived)
        columns = {name: row._mapping[name] for name in _POSTING_COLUMNS}
        found[row.id] = ComparedPosting(**columns, facts=facts if row.has_facts else None)
    return found


def write_verdicts(connection: Connection, verdicts: Sequence[Verdict], model: str, run_id: str) -> None:
    """Write what answers say, with an event each. An unusable answer sets a status with its reason and no score."""
    if verdicts:
        statement = text(read_sql("queries/enrichment/write_verdict.sql"))
        connection.execute(statement, [_columns(verdict, model) | {"run_id": run_id} for verdict in verdicts])


def note_waiting(connection: Connection, notes: Sequence[WaitingNote]) -> None:
    """Write why pairs still wait."""
    if notes:
        connection.execute(text(read_sql("queries/enrichment/note_waiting.sql")), [asdict(note) for note in notes])


_NO_SCORE: dict[str, object] = dict.fromkeys(
    ("score", "reason", "priority", "reasoning", "alignments", "gaps", "raw_score", "band_low", "band_high",
     "deviation", "items_dropped", "is_generic")
)  # fmt: skip


def _columns(verdict: Verdict, model: str) -> dict[str, object]:
    columns = _NO_SCORE | {
        "user_id": verdict.pair.user_id,
        "job_id": verdict.pair.job_id,
        "profile_version": verdict.pair.profile_version,
        "record_hash": verdict.pair.record_hash,
        "request_hash": verdict.request_hash,
        "signs": list(verdict.signs) or None,
        "prompt_version": prompt_version(),
        "model": model,
    }
    if isinstance(verdict.answer, UnusableAnswer):
        return columns | {"status": verdict.answer.status, "reason": verdict.answer.reason}
    answer, clamped = verdict.answer.answer, verdict.answer.clamped
    return columns | {
        "status": "done",
        "score": clamped.score,
        "priority": priority(clamped.score),
        "reasoning": answer.reasoning,
        "alignments": json.dumps(answer.alignments),
        "gaps": json.dumps(answer.gaps),
        "raw_score": answer.raw_score,
        "band_low": clamped.band_low,
        "band_high": clamped.band_high,
        "deviation": clamped.deviation,
        "items_dropped": answer.dropped_items,
        "is_generic": answer.is_generic,
    }
