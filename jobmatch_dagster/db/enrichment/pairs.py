"""Pairs of `user_job_matches` that wait for Claude, and what its answers say about them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, Row, text

from jobmatch_dagster.core.enrichment.answer import Answer, HeldScore, Unusable
from jobmatch_dagster.core.enrichment.prompt import prompt_version
from jobmatch_dagster.core.matching.posting_facts import PostingFacts
from jobmatch_dagster.core.matching.scoring import priority
from jobmatch_dagster.db.connection.engine import read_sql, run_query


@dataclass(frozen=True)
class Pair:
    """A pair that waits.

    Attributes:
        asked_job_id: the posting that is asked about, the oldest of the cluster.
        filters: verdicts on what the user asks for, by filter; None when nothing is asked.
        was_asked: whether a request of it travelled in a message batch when it was last looked at.
    """

    match_id: int
    user_id: int
    job_id: int
    asked_job_id: int
    profile_version: int
    record_hash: str
    filters: Mapping[str, str] | None
    was_asked: bool


@dataclass(frozen=True)
class Verdict:
    """What is to be written about a pair; `held` goes with a usable answer."""

    pair: Pair
    request_hash: str
    found: Answer | Unusable
    held: HeldScore | None
    signs: tuple[str, ...]


@dataclass(frozen=True)
class Waiting:
    """Where a pair stands that still waits: `waiting` with the reason of the last failure, or `pending`."""

    match_id: int
    status: str
    reason: str | None
    request_hash: str | None


def waiting_pairs(connection: Connection, user_keys: Sequence[str] | None, per_user: int, most: int) -> list[Pair]:
    """Pairs that wait for Claude (of all active users, or of these), each user's best first."""
    keys = None if user_keys is None else list(user_keys)
    rows = run_query(connection, "enrichment/pairs_for_claude", {"user_keys": keys, "per_user": per_user, "most": most})
    return [Pair(**row._mapping) for row in rows]


def count_waiting(connection: Connection, user_keys: Sequence[str] | None = None) -> tuple[int, int]:
    """How many pairs wait for Claude, and how many of them in message batches."""
    keys = None if user_keys is None else list(user_keys)
    row = run_query(connection, "enrichment/claude_waiting", {"user_keys": keys})[0]
    return int(row.pairs), int(row.in_batches)


def profiles_of(connection: Connection, pairs: Sequence[Pair]) -> dict[tuple[int, int], dict[str, Any]]:
    """Facts of the pairs' profiles with what the users wish, by user and version."""
    wanted = sorted({(pair.user_id, pair.profile_version) for pair in pairs})
    parameters = {"user_ids": [user for user, _ in wanted], "versions": [version for _, version in wanted]}
    return {
        (row.user_id, row.version): dict(row._mapping)
        for row in run_query(connection, "enrichment/claude_profiles", parameters)
    }


def postings_of(connection: Connection, pairs: Sequence[Pair]) -> dict[int, dict[str, Any]]:
    """The pairs' postings and those that are asked about, by id; `facts` are those of the matching, if it has any."""
    wanted = sorted({job_id for pair in pairs for job_id in (pair.job_id, pair.asked_job_id)})
    rows = run_query(connection, "enrichment/claude_postings", {"job_ids": wanted})
    return {row.id: {**row._mapping, "facts": _kept_facts(row)} for row in rows}


def _kept_facts(row: Row[Any]) -> PostingFacts | None:
    if not row.has_facts:
        return None
    return PostingFacts(row.skills, row.experience_level, row.industries, row.work_arrangement, row.derived)


def write_verdicts(connection: Connection, verdicts: Sequence[Verdict], model: str) -> None:
    """Write what answers say; one that is unusable leaves a status with its reason and no score."""
    if verdicts:
        statement = text(read_sql("queries/enrichment/apply_claude_answer.sql"))
        connection.execute(statement, [_columns(verdict, model) for verdict in verdicts])


def note_waiting(connection: Connection, notes: Sequence[Waiting]) -> None:
    """Write where pairs stand that still wait."""
    if notes:
        connection.execute(
            text(read_sql("queries/enrichment/note_claude_waiting.sql")), [asdict(note) for note in notes]
        )


_NOTHING_SAID: dict[str, Any] = dict.fromkeys(
    ("score", "reason", "priority", "reasoning", "alignments", "gaps", "raw_score", "band_low", "band_high",
     "deviation", "items_dropped", "is_generic")
)  # fmt: skip


def _columns(verdict: Verdict, model: str) -> dict[str, Any]:
    found, held = verdict.found, verdict.held
    columns = _NOTHING_SAID | {
        "match_id": verdict.pair.match_id,
        "profile_version": verdict.pair.profile_version,
        "record_hash": verdict.pair.record_hash,
        "request_hash": verdict.request_hash,
        "signs": list(verdict.signs) or None,
        "prompt_version": prompt_version(),
        "model": model,
    }
    if isinstance(found, Unusable) or held is None:
        status, reason = (found.status, found.reason) if isinstance(found, Unusable) else ("failed", "not held")
        return columns | {"status": status, "reason": reason}
    return columns | {
        "status": "done",
        "score": held.score,
        "priority": priority(held.score),
        "reasoning": found.reasoning,
        "alignments": json.dumps(found.alignments),
        "gaps": json.dumps(found.gaps),
        "raw_score": found.raw_score,
        "band_low": held.low,
        "band_high": held.high,
        "deviation": held.deviation,
        "items_dropped": found.dropped_items,
        "is_generic": found.is_generic,
    }
