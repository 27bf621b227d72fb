"""The ledger of requests to Claude: claimed before the call, kept before it is read, paid for once.

Put here the ledger. What it says about pairs is written in `claude_pairs.py`.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, text

from jobmatch_dagster.core.enrichment.prompt import prompt_version
from jobmatch_dagster.db.connection.engine import read_sql, run_query
from jobmatch_dagster.db.connection.locks import CLAUDE_BUDGET, lock

# Batch items without an answer, and calls that may have been billed, until a request is given up.
MAX_FAILURES = 5
# What stands in `batch_id` until the API has named the batch.
SUBMITTING = "submitting:"


@dataclass(frozen=True)
class Claim:
    """A request that is to be made, and the most that it can cost."""

    request_hash: str
    user_id: int
    job_id: int
    profile_version: int
    text_hash: str
    attempt: int
    highest_usd: Decimal


@dataclass(frozen=True)
class Claimed:
    """Ids of the ledger by hash, and whether the budget was enough for all that was wanted."""

    ids: dict[str, int]
    within_budget: bool


@dataclass(frozen=True)
class LedgerRow:
    """A request as the ledger knows it."""

    id: int
    state: str
    batch_id: str | None
    answer: Mapping[str, Any] | None
    error: str | None


@dataclass(frozen=True)
class BatchUnderWay:
    """A batch with pending requests; `batch_id` begins with `SUBMITTING` while the API's name is not known."""

    batch_id: str
    requests: int
    claimed_at: datetime
    age_s: float

    @property
    def key(self) -> str | None:
        """Our own key, while the API's name is not known."""
        return self.batch_id.removeprefix(SUBMITTING) if self.batch_id.startswith(SUBMITTING) else None


def ledger_rows(connection: Connection, request_hashes: Sequence[str]) -> dict[str, LedgerRow]:
    """What the ledger knows of these requests, by hash."""
    query = (
        "SELECT request_hash, id, state, batch_id, answer, error FROM claude_requests "
        "WHERE request_hash = ANY(CAST(:hashes AS text[]))"
    )
    rows = connection.execute(text(query), {"hashes": list(request_hashes)})
    return {row.request_hash: LedgerRow(row.id, row.state, row.batch_id, row.answer, row.error) for row in rows}


def spent_today_usd(connection: Connection) -> Decimal:
    """What this day (UTC) has cost, and can still cost by what is under way."""
    return Decimal(run_query(connection, "enrichment/claude_spent")[0].usd)


def claim(
    connection: Connection,
    claims: Sequence[Claim],
    *,
    model: str,
    run_id: str,
    budget_usd: Decimal,
    batch_key: str | None = None,
) -> Claimed:
    """Claim requests in their order, as far as the day's budget goes.

    One claim at a time, whatever processes there are: what is reserved counts as spent. A request that cannot be
    claimed (answered or under way meanwhile, its user erased) is left out.
    """
    lock(connection, CLAUDE_BUDGET)
    left = budget_usd - spent_today_usd(connection)
    claimed: dict[str, int] = {}
    for wanted in claims:
        if wanted.highest_usd > left:
            return Claimed(claimed, within_budget=False)
        rows = run_query(
            connection,
            "enrichment/claim_claude_request",
            {
                "request_hash": wanted.request_hash,
                "user_id": wanted.user_id,
                "job_id": wanted.job_id,
                "profile_version": wanted.profile_version,
                "text_hash": wanted.text_hash,
                "attempt": wanted.attempt,
                "reserved_usd": wanted.highest_usd,
                "model": model,
                "prompt_version": prompt_version(),
                "batch_id": f"{SUBMITTING}{batch_key}" if batch_key else None,
                "run_id": run_id,
            },
        )
        if rows:
            left -= wanted.highest_usd
            claimed[wanted.request_hash] = rows[0].id
    return Claimed(claimed, within_budget=True)


def keep_answer(
    connection: Connection, request_id: int, answer: Mapping[str, Any], usage: Mapping[str, int], cost_usd: Decimal
) -> bool:
    """Keep an answer as it came; False when there is no such request (erased) or its answer is held already."""
    parameters = {"id": request_id, "answer": json.dumps(answer), "usage": json.dumps(usage), "cost_usd": cost_usd}
    return connection.execute(text(read_sql("queries/enrichment/keep_claude_answer.sql")), parameters).rowcount == 1


def fail(
    connection: Connection,
    request_ids: Sequence[int],
    reason: str,
    *,
    counts: bool = False,
    billed: bool = False,
    final: bool = False,
) -> None:
    """Note that requests got no answer: asked again, unless it is final or they failed too often."""
    parameters = {
        "ids": list(request_ids), "reason": reason, "counts": counts, "billed": billed, "final": final,
        "most": MAX_FAILURES,
    }  # fmt: skip
    run_query(connection, "enrichment/fail_claude_requests", parameters)


def release_orphans(connection: Connection) -> None:
    """Direct calls that a killed run left behind may be made again; the caller holds the lock on asking."""
    run_query(connection, "enrichment/release_claude_requests")


def give_another_chance(connection: Connection) -> int:
    """Let failed pairs wait again and given-up requests be made again; gives the number of pairs.

    An answer that is held stays: a pair whose two answers were unusable fails again, without a call.
    """
    connection.execute(text("UPDATE claude_requests SET state = 'failed', failures = 0 WHERE state = 'rejected'"))
    query = "UPDATE user_job_matches SET claude_status = 'waiting', updated_at = now() WHERE claude_status = 'failed'"
    return connection.execute(text(query)).rowcount


def batches_under_way(connection: Connection) -> list[BatchUnderWay]:
    """Batches with requests that are pending, oldest first."""
    return [BatchUnderWay(**row._mapping) for row in run_query(connection, "enrichment/claude_batches")]


def name_batch(connection: Connection, batch_key: str, batch_id: str) -> bool:
    """Note the API's name of a batch that was submitted under our key; False when its users were erased meanwhile."""
    query = "UPDATE claude_requests SET batch_id = :name WHERE state = 'pending' AND batch_id = :key"
    return connection.execute(text(query), {"name": batch_id, "key": f"{SUBMITTING}{batch_key}"}).rowcount > 0


def requests_of_batch(connection: Connection, batch_id: str) -> list[int]:
    """Ids of the requests that still wait for the batch."""
    query = "SELECT id FROM claude_requests WHERE state = 'pending' AND batch_id = :batch_id ORDER BY id"
    return list(connection.scalars(text(query), {"batch_id": batch_id}))


def known_batch_ids(connection: Connection) -> set[str]:
    """Names of all batches that requests have travelled in."""
    return set(connection.scalars(text("SELECT DISTINCT batch_id FROM claude_requests WHERE batch_id IS NOT NULL")))


def batches_of_user_alone(connection: Connection, user_id: int) -> list[str]:
    """Batches under way that hold requests of this user and of nobody else."""
    query = (
        "SELECT batch_id FROM claude_requests WHERE state = 'pending' AND batch_id IS NOT NULL "
        "GROUP BY batch_id HAVING bool_and(user_id = :user_id) ORDER BY batch_id"
    )
    return list(connection.scalars(text(query), {"user_id": user_id}))


def erase_requests_of(connection: Connection, user_id: int) -> int:
    """Erase the user's requests, about pairs and about CVs; gives the number of those about pairs.

    What they cost stays, as a sum of the day that names nobody: forgetting gives no budget back.
    """
    return int(run_query(connection, "enrichment/erase_claude_requests", {"user_id": user_id})[0].requests)
