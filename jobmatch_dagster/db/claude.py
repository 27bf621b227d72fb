"""The ledger of requests to Claude, and what they say about pairs."""

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, text

from jobmatch_dagster.core.answer import Answer, Unusable
from jobmatch_dagster.core.prompt import PROMPT_VERSION
from jobmatch_dagster.db.engine import run_query


def waiting_pairs(connection: Connection, user_keys: Sequence[str] | None, per_user: int) -> Sequence[Row[Any]]:
    """Pairs that wait for Claude (of all active users, or of these), each user's best first."""
    keys = None if user_keys is None else list(user_keys)
    return run_query(connection, "pairs_for_claude", {"user_keys": keys, "per_user": per_user})


def count_waiting(connection: Connection, user_keys: Sequence[str] | None = None) -> int:
    """How many pairs wait for Claude."""
    keys = None if user_keys is None else list(user_keys)
    return int(run_query(connection, "claude_waiting", {"user_keys": keys})[0].pairs)


def spent_today_usd(connection: Connection) -> Decimal:
    """What the answers of this day (UTC) have cost."""
    query = "SELECT coalesce(sum(cost_usd), 0) FROM claude_requests WHERE answered_at >= date_trunc('day', now())"
    return Decimal(connection.scalar(text(query)) or 0)


def held_answer(connection: Connection, request_hash: str) -> Mapping[str, Any] | None:
    """The raw answer to an equal request, when there is one."""
    query = "SELECT answer FROM claude_requests WHERE request_hash = :hash AND state = 'answered'"
    answer: Mapping[str, Any] | None = connection.scalar(text(query), {"hash": request_hash})
    return answer


def open_request(connection: Connection, request_hash: str, pair: Row[Any], model: str, run_id: str) -> None:
    """Note that a request is about to be made; committed before the call."""
    connection.execute(
        text(
            "INSERT INTO claude_requests AS known (request_hash, user_id, job_id, model, prompt_version, "
            "profile_version, text_hash, state, attempts, run_id) VALUES (:hash, :user_id, :job_id, :model, :prompt, "
            ":version, :text_hash, 'pending', 1, :run_id) "
            "ON CONFLICT (request_hash) DO UPDATE SET attempts = known.attempts + 1, run_id = excluded.run_id "
            "WHERE known.state <> 'answered'"
        ),
        {
            "hash": request_hash,
            "user_id": pair.user_id,
            "job_id": pair.job_id,
            "model": model,
            "prompt": PROMPT_VERSION,
            "version": pair.profile_version,
            "text_hash": pair.text_hash,
            "run_id": run_id,
        },
    )


def keep_answer(
    connection: Connection, request_hash: str, raw: Mapping[str, Any], usage: Mapping[str, Any], cost_usd: Decimal
) -> None:
    """Keep an answer as it came, before it is read."""
    connection.execute(
        text(
            "UPDATE claude_requests SET state = 'answered', answer = CAST(:answer AS jsonb), error = NULL, "
            "usage = CAST(:usage AS jsonb), cost_usd = :cost, answered_at = now() WHERE request_hash = :hash"
        ),
        {"hash": request_hash, "answer": json.dumps(raw), "usage": json.dumps(usage), "cost": cost_usd},
    )


def note_failure(connection: Connection, request_hash: str, reason: str) -> None:
    """Note why a request got no answer; it may be made again."""
    connection.execute(
        text("UPDATE claude_requests SET state = 'failed', error = :reason WHERE request_hash = :hash"),
        {"hash": request_hash, "reason": reason},
    )


def apply_answer(
    connection: Connection, match_id: int, request_hash: str, model: str, found: Answer | Unusable, priority: str | None
) -> None:
    """Write what an answer says about a pair; one that is unusable leaves a status and no score."""
    said: dict[str, Any] = dict.fromkeys(("score", "reason", "reasoning", "alignments", "gaps"))
    if isinstance(found, Answer):
        said |= {
            "status": "done",
            "score": found.score,
            "reasoning": found.reasoning,
            "alignments": json.dumps(found.alignments),
            "gaps": json.dumps(found.gaps),
        }
    else:
        said |= {"status": found.status, "reason": found.reason}
    connection.execute(
        text(
            "UPDATE user_job_matches SET claude_score = :score, claude_status = :status, claude_reason = :reason, "
            "priority = coalesce(:priority, priority), match_reasoning = coalesce(:reasoning, match_reasoning), "
            "key_alignments = CAST(:alignments AS jsonb), potential_gaps = CAST(:gaps AS jsonb), "
            "claude_request_hash = :hash, prompt_version = :prompt, claude_model = :model, updated_at = now() "
            "WHERE id = :id AND claude_status = 'waiting'"
        ),
        {
            "id": match_id,
            "hash": request_hash,
            "model": model,
            "prompt": PROMPT_VERSION,
            "priority": priority,
            **said,
        },
    )
