"""The ledger of questions to Claude about CVs: claimed before the call, kept before it is read, paid for once."""

import json
from collections.abc import Mapping
from dataclasses import fields
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, text

from jobmatch_dagster.core.profiles.profile import Profile
from jobmatch_dagster.db.connection.engine import run_query
from jobmatch_dagster.db.connection.locks import CLAUDE_BUDGET, lock
from jobmatch_dagster.db.enrichment import ledger


def profile_to_fill(connection: Connection, user_key: str) -> Row[Any] | None:
    """The user's current profile with its CV's text, unless an answer about that CV was applied already."""
    rows = run_query(connection, "profiles/profile_to_fill", {"user_key": user_key})
    return rows[0] if rows else None


def profile_of(row: Row[Any]) -> Profile:
    """A row of `cv_profiles` as the profile it was made from."""
    values = {field.name: row._mapping[field.name] for field in fields(Profile)}
    years = values["experience_years"]
    return Profile(**{**values, "experience_years": None if years is None else float(years)})


def held_answer(connection: Connection, request_hash: str) -> Mapping[str, Any] | None:
    """The message that answered an equal question, when there is one."""
    query = "SELECT answer FROM profile_requests WHERE request_hash = :hash AND state = 'answered'"
    answer: Mapping[str, Any] | None = connection.scalar(text(query), {"hash": request_hash})
    return answer


def claim(
    connection: Connection,
    request_hash: str,
    profile: Row[Any],
    *,
    model: str,
    highest_usd: Decimal,
    budget_usd: Decimal,
    run_id: str,
) -> int | None:
    """Reserve the most that a question can cost; None when the day's budget is used up or somebody is asking."""
    lock(connection, CLAUDE_BUDGET)
    if ledger.spent_today_usd(connection) + highest_usd > budget_usd:
        return None
    parameters = {
        "request_hash": request_hash, "user_id": profile.user_id, "document_id": profile.document_id, "model": model,
        "reserved_usd": highest_usd, "run_id": run_id,
    }  # fmt: skip
    rows = run_query(connection, "profiles/claim_profile_request", parameters)
    return int(rows[0].id) if rows else None


def keep_answer(
    connection: Connection, request_id: int, message: Mapping[str, Any], usage: Mapping[str, int], cost_usd: Decimal
) -> None:
    """Keep a message as it came."""
    connection.execute(
        text(
            "UPDATE profile_requests SET state = 'answered', answer = CAST(:answer AS jsonb), error = NULL, "
            "usage = CAST(:usage AS jsonb), cost_usd = :cost, answered_at = now() WHERE id = :id"
        ),
        {"id": request_id, "answer": json.dumps(message), "usage": json.dumps(usage), "cost": cost_usd},
    )


def fail(connection: Connection, request_id: int, reason: str, *, may_be_billed: bool) -> None:
    """Note why there is no answer; it may be asked for again."""
    connection.execute(
        text(
            "UPDATE profile_requests SET state = 'failed', error = :reason, "
            "lost_usd = lost_usd + CASE WHEN :billed THEN reserved_usd ELSE 0 END WHERE id = :id"
        ),
        {"id": request_id, "reason": reason, "billed": may_be_billed},
    )


def note_applied(connection: Connection, request_hash: str, version: int) -> None:
    """Note which profile version an answer led to."""
    query = "UPDATE profile_requests SET applied_version = :version WHERE request_hash = :hash"
    connection.execute(text(query), {"hash": request_hash, "version": version})
