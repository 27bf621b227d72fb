"""Matches on their way into the database: a line of COPY for each kept pair.

Put here the line alone. What is scored stands in `core/matching/blocks.py`; what becomes of the lines in `matches.py`.
"""

import functools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jobmatch_dagster.core.matching.blocks import MatchTable
from jobmatch_dagster.core.matching.conditions import verdicts_of
from jobmatch_dagster.core.matching.scoring import CLAUDE_THRESHOLD, priority, reasoning
from jobmatch_dagster.core.vocabulary.skills import (
    RELATED_KINDS,
    Answers,
    Similar,
    answers_of,
    match_skills,
    skills_by_id,
)
from jobmatch_dagster.db.connection.bulk import as_array, as_text

MATCH_LINE_COLUMNS = (
    "user_id", "job_id", "similarity", "relevance", "semantic_score", "match_score", "skills_score",
    "experience_score", "industry_score", "work_arrangement_score", "priority", "claude_status", "filters",
    "matching_skills", "missing_skills", "skill_hits", "match_reasoning", "profile_version", "record_hash",
    "embedding_model", "calibration_id", "scoring_key", "run_id",
)  # fmt: skip

_NULL = "\\N"
# Kinds of a hit that are near to what is asked, and not it.
_NEAR = RELATED_KINDS | {"category"}


@dataclass(frozen=True)
class ScoredBy:
    """What made the scores that are written."""

    embedding_model: str
    calibration_id: int
    scoring_key: str
    run_id: str


@dataclass(frozen=True, slots=True)
class _User:
    id: int
    version: int
    level: str | None
    industries: Sequence[str] | None
    answers: Answers


@dataclass(frozen=True, slots=True)
class _Posting:
    id: int
    level: str | None
    industries: Sequence[str] | None
    arrangement: str | None
    wanted: Mapping[str, str]
    all_missing: str
    record_hash: str


def match_lines(
    table: MatchTable, profiles: Sequence[Any], postings: Sequence[Any], similar: Similar, scored_by: ScoredBy
) -> Iterator[str]:
    """A line for each row of the table; profiles and postings are the rows that its indices mean."""
    users: dict[int, _User] = {}
    jobs: dict[int, _Posting] = {}
    columns = (
        table.user, table.posting, table.similarity, table.relevance, table.semantic, table.match, table.skills,
        table.experience, table.industry, table.work_arrangement, table.filters,
    )  # fmt: skip
    by = scored_by
    last = "\t".join(map(as_text, (by.embedding_model, str(by.calibration_id), by.scoring_key, by.run_id)))
    for user, posting, similarity, relevance, *scores, filters in zip(*(c.tolist() for c in columns), strict=True):
        who = users.get(user) or users.setdefault(user, _user(profiles[user], similar))
        job = jobs.get(posting) or jobs.setdefault(posting, _posting(postings[posting]))
        semantic, match = scores[:2]
        parts = "\t".join("\\N" if score < 0 else str(score) for score in scores)
        claude = "waiting" if semantic >= CLAUDE_THRESHOLD else "\\N"
        yield (
            f"{who.id}\t{job.id}\t{similarity:.6f}\t{relevance:.1f}\t{parts}\t{priority(match) or 'low'}\t{claude}\t"
            f"{_filters(filters)}\t{_words(who, job, semantic)}\t{who.version}\t{job.record_hash}\t{last}\n"
        )


def _words(who: _User, job: _Posting, semantic: int) -> str:
    """The columns about skills, and the reason."""
    matching: list[str] = []
    near: tuple[str, str] | None = None
    columns = f"\\N\t{job.all_missing}\t\\N"
    if job.wanted and who.answers:
        hits, missing = match_skills(job.wanted, who.answers)
        matching = [surface for kind, surface, _ in hits if kind not in _NEAR]
        near = next(((own, asked) for kind, asked, own in hits if kind in RELATED_KINDS), None)
        evidence = ", ".join([f'["{kind}", {_json(asked)}, {_json(own)}]' for kind, asked, own in hits])
        columns = f"{_array(matching)}\t{_array(missing)}\t{f'[{evidence}]' if hits else _NULL}"
    reason = reasoning(
        matching=matching,
        asked=len(job.wanted) if who.answers else 0,
        near=near,
        posting_level=job.level,
        profile_level=who.level,
        posting_industries=job.industries,
        profile_industries=who.industries,
        arrangement=job.arrangement,
        semantic=semantic,
    )
    return f"{columns}\t{as_text(reason)}"


def _array(surfaces: Sequence[str]) -> str:
    return "{" + ",".join([_item(surface) for surface in surfaces]) + "}" if surfaces else _NULL


@functools.lru_cache(maxsize=100_000)
def _item(surface: str) -> str:
    """A surface as an item of an array."""
    return as_array([surface])[1:-1]


@functools.lru_cache(maxsize=100_000)
def _json(surface: str) -> str:
    """A surface as a string of JSON."""
    return as_text(json.dumps(surface, ensure_ascii=False))


def _user(row: Any, similar: Similar) -> _User:
    return _User(
        row.user_id, row.version, row.experience_level, row.industries, answers_of(skills_by_id(row.skills), similar)
    )


def _posting(row: Any) -> _Posting:
    wanted = skills_by_id(row.skills)
    return _Posting(
        row.id,
        row.experience_level,
        row.industries,
        row.work_arrangement,
        wanted,
        _array(list(wanted.values())),
        as_text(row.record_hash),
    )


@functools.lru_cache(maxsize=1_024)
def _filters(code: int) -> str:
    return json.dumps(verdicts_of(code)) if code else "\\N"
