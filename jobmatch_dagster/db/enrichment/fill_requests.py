"""The ledger of requests to Claude about CVs, with the rules of `ledger.py`: claimed before the call, paid once."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import Connection, text

from jobmatch_dagster.core.json_values import JsonObject
from jobmatch_dagster.core.profiles.own_facts import reading_of
from jobmatch_dagster.core.profiles.profile import Profile
from jobmatch_dagster.db.connection.engine import run_query
from jobmatch_dagster.db.connection.locks import CLAUDE_BUDGET, lock
from jobmatch_dagster.db.enrichment import ledger


@dataclass(frozen=True)
class ProfileToFill:
    """A user's current profile version, and the text of the CV that it was read from.

    `reading` is what is known from the CV alone; the fields in `stated` are the user's own.
    """

    id: int
    user_id: int
    document_id: int
    version: int
    cv_text: str
    reading: Profile
    stated: Sequence[str]


def profile_to_fill(connection: Connection, user_key: str, label: str) -> ProfileToFill | None:
    """The current profile of one of the user's CVs, unless an answer about that CV was applied already."""
    rows = run_query(connection, "enrichment/profile_to_fill", {"user_key": user_key, "label": label})
    if not rows:
        return None
    row = rows[0]
    return ProfileToFill(
        row.id,
        row.user_id,
        row.document_id,
        row.version,
        row.cv_text,
        reading_of(row._asdict()),
        tuple(row.stated or ()),
    )


def stored_answer(connection: Connection, request_hash: str) -> JsonObject | None:
    """The message that answered this request; None if there is none."""
    query = "SELECT answer FROM profile_requests WHERE request_hash = :hash AND state = 'answered'"
    answer: JsonObject | None = connection.scalar(text(query), {"hash": request_hash})
    return answer


def claim(
    connection: Connection,
    request_hash: str,
    current: ProfileToFill,
    *,
    model: str,
    reserved_usd: Decimal,
    budget_usd: Decimal,
    user_budget_usd: Decimal,
    run_id: str,
) -> int | None:
    """Claim a request, with the most that it can cost; returns its id.

    None if the day's budget or the user's is used up, or if the request is under way already.
    """
    lock(connection, CLAUDE_BUDGET)
    if ledger.spent_today_usd(connection) + reserved_usd > budget_usd:
        return None
    if ledger.spent_today_by_user(connection, [current.user_id])[current.user_id] + reserved_usd > user_budget_usd:
        return None
    parameters = {
        "request_hash": request_hash, "user_id": current.user_id, "document_id": current.document_id, "model": model,
        "reserved_usd": reserved_usd, "run_id": run_id,
    }  # fmt: skip
    rows = run_query(connection, "enrichment/claim_fill_request", parameters)
    return int(rows[0].id) if rows else None


def store_answer(
    connection: Connection, request_id: int, message: JsonObject, usage: Mapping[str, int], cost_usd: Decimal
) -> None:
    """Store a message unchanged."""
    connection.execute(
        text(
            "UPDATE profile_requests SET state = 'answered', answer = CAST(:answer AS jsonb), error = NULL, "
            "usage = CAST(:usage AS jsonb), cost_usd = :cost, answered_at = now() WHERE id = :id"
        ),
        {"id": request_id, "answer": json.dumps(message), "usage": json.dumps(usage), "cost": cost_usd},
    )


def note_failure(connection: Connection, request_id: int, reason: str, *, billed: bool) -> None:
    """Note why there is no answer, and whether the call may have been billed. The request may be made again."""
    connection.execute(
        text(
            "UPDATE profile_requests SET state = 'failed', error = :reason, "
            "lost_usd = lost_usd + CASE WHEN :billed THEN reserved_usd ELSE 0 END WHERE id = :id"
        ),
        {"id": request_id, "reason": reason, "billed": billed},
    )


def note_applied(connection: Connection, request_hash: str, version: int) -> None:
    """Note which profile version resulted from an answer."""
    query = "UPDATE profile_requests SET applied_version = :version WHERE request_hash = :hash"
    connection.execute(text(query), {"hash": request_hash, "version": version})
