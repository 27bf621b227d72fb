"""The ledger of requests to Claude about pairs: no answer is paid for twice, and no budget is exceeded.

A request is claimed and committed before its call, with the most that it can cost. Its answer is stored before anything
reads it. A run that is killed in between leaves a pending claim: the money counts as spent, and the next run finds an
answer that was stored. `pairs.py` writes what answers say about pairs.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Literal

from sqlalchemy import Connection, text

from jobmatch_dagster.core.enrichment.prompt import prompt_version
from jobmatch_dagster.core.json_values import JsonObject
from jobmatch_dagster.db.connection.engine import read_sql, run_query
from jobmatch_dagster.db.connection.locks import CLAUDE_BUDGET, lock

# A request is given up after this many batch items without an answer and calls that may have been billed.
MAX_FAILURES = 5
# Prefix of `batch_id` until the API has named the batch.
SUBMITTING = "submitting:"


@dataclass(frozen=True)
class Claim:
    """A request to be made, and the most that it can cost. Requests of one group are sent as one call."""

    request_hash: str
    user_id: int
    job_id: int
    profile_version: int
    text_hash: str
    attempt: int
    reserved_usd: Decimal
    group_id: str | None = None


@dataclass(frozen=True)
class Budgets:
    """What may be spent, in USD: what is left to this run, and on this day (UTC) for all and for each user."""

    run_left: Decimal
    day: Decimal
    user: Decimal


@dataclass
class Claimed:
    """Ids of the claimed requests by hash, the most that they cost, and which budgets were too small for the others."""

    ids: dict[str, int] = field(default_factory=dict)
    reserved_usd: Decimal = Decimal(0)
    used_up: Literal["run", "day"] | None = None
    users_over_budget: set[int] = field(default_factory=set)


@dataclass(frozen=True)
class StoredRequest:
    """A request as the ledger has it: pending, answered, failed or rejected; and its failures that count."""

    state: str
    answer: JsonObject | None
    error: str | None
    failures: int


@dataclass(frozen=True)
class PendingBatch:
    """A message batch with pending requests; `batch_id` begins with `SUBMITTING` until the API has named it."""

    batch_id: str
    requests: int
    claimed_at: datetime
    age_s: float

    @property
    def key(self) -> str | None:
        """The batch's key in this project, as long as the API's name is unknown."""
        return self.batch_id.removeprefix(SUBMITTING) if self.batch_id.startswith(SUBMITTING) else None


def read_requests(connection: Connection, request_hashes: Sequence[str]) -> dict[str, StoredRequest]:
    """The requests that the ledger has of these, by hash."""
    query = (
        "SELECT request_hash, state, answer, error, failures FROM claude_requests "
        "WHERE request_hash = ANY(CAST(:hashes AS text[]))"
    )
    rows = connection.execute(text(query), {"hashes": list(request_hashes)})
    return {row.request_hash: StoredRequest(row.state, row.answer, row.error, row.failures) for row in rows}


def spent_today_usd(connection: Connection) -> Decimal:
    """Cost of this day (UTC), including the most that pending requests can still cost."""
    return Decimal(run_query(connection, "enrichment/spent_today")[0].usd)


def spent_today_by_user(connection: Connection, user_ids: Collection[int]) -> dict[int, Decimal]:
    """Cost of this day (UTC) of each of these users, including the most that pending requests can still cost."""
    rows = run_query(connection, "enrichment/spent_today_by_user", {"user_ids": list(user_ids)})
    return {user_id: Decimal(0) for user_id in user_ids} | {row.user_id: Decimal(row.usd) for row in rows}


def claim(
    connection: Connection,
    claims: Sequence[Claim],
    *,
    model: str,
    run_id: str,
    budgets: Budgets,
    batch_key: str | None = None,
) -> Claimed:
    """Claim requests in order, until the budget of run or day is used up; of a user whose own is, no further one.

    A lock lets one process claim at a time, and what is reserved counts as spent. Left out is a request that was
    answered or claimed in the meantime, or whose user was erased.
    """
    lock(connection, CLAUDE_BUDGET)
    left_of_day = budgets.day - spent_today_usd(connection)
    spent = spent_today_by_user(connection, {wanted.user_id for wanted in claims})
    left_of_user = {user_id: budgets.user - usd for user_id, usd in spent.items()}
    shared = {
        "model": model,
        "prompt_version": prompt_version(),
        "batch_id": f"{SUBMITTING}{batch_key}" if batch_key else None,
        "run_id": run_id,
    }
    claimed = Claimed()
    for wanted in claims:
        user_id, usd = wanted.user_id, wanted.reserved_usd
        # After the first that does not fit, no cheaper one goes before it: a user's best pairs come first.
        if user_id in claimed.users_over_budget or usd > left_of_user[user_id]:
            claimed.users_over_budget.add(user_id)
            continue
        if claimed.reserved_usd + usd > min(budgets.run_left, left_of_day):
            claimed.used_up = "run" if budgets.run_left < left_of_day else "day"
            break
        if rows := run_query(connection, "enrichment/claim_request", asdict(wanted) | shared):
            claimed.reserved_usd += usd
            left_of_user[user_id] -= usd
            claimed.ids[wanted.request_hash] = rows[0].id
    return claimed


def store_answer(
    connection: Connection, request_id: int, answer: JsonObject, usage: Mapping[str, int], cost_usd: Decimal
) -> bool:
    """Store an answer unchanged; False if the request was erased or has an answer already."""
    parameters = {"id": request_id, "answer": json.dumps(answer), "usage": json.dumps(usage), "cost_usd": cost_usd}
    return connection.execute(text(read_sql("queries/enrichment/store_answer.sql")), parameters).rowcount == 1


def note_failures(
    connection: Connection,
    request_ids: Sequence[int],
    reason: str,
    *,
    counts: bool = False,
    billed: bool = False,
    final: bool = False,
    lost_usd: Decimal | None = None,
) -> None:
    """Note that requests got no answer. They are asked again, unless `final` or after `MAX_FAILURES`.

    What was billed for each is `lost_usd`; None: the most that it can have cost.
    """
    parameters = {
        "ids": list(request_ids), "reason": reason, "counts": counts, "billed": billed, "final": final,
        "most": MAX_FAILURES, "lost_usd": lost_usd,
    }  # fmt: skip
    run_query(connection, "enrichment/note_failures", parameters)


def release_interrupted(connection: Connection) -> None:
    """Let direct calls of a killed run be made again. The caller must have the lock `ASKING_CLAUDE`."""
    run_query(connection, "enrichment/release_interrupted")


def retry_failed(connection: Connection) -> int:
    """Let failed pairs wait again and rejected requests be made again; returns the number of pairs.

    Stored answers stay: a pair whose two answers were unusable fails again, without a call.
    """
    connection.execute(text("UPDATE claude_requests SET state = 'failed', failures = 0 WHERE state = 'rejected'"))
    query = "UPDATE user_job_matches SET claude_status = 'waiting', updated_at = now() WHERE claude_status = 'failed'"
    return connection.execute(text(query)).rowcount


def ask_again(
    connection: Connection, *, request_hash: str = "", prompt_version: str = "", generic: bool = False
) -> int:
    """Let pairs wait again: that of a request, or the undecided and saved ones of a prompt or with generic reasons.

    An answer that is stored for the very same request is used again and not paid for twice.
    """
    parameters = {"request_hash": request_hash, "prompt_version": prompt_version, "generic": generic}
    return len(run_query(connection, "enrichment/ask_again", parameters))


def pending_batches(connection: Connection) -> list[PendingBatch]:
    """Batches with pending requests, oldest first."""
    return [PendingBatch(**row._mapping) for row in run_query(connection, "enrichment/pending_batches")]


def name_batch(connection: Connection, batch_key: str, batch_id: str) -> bool:
    """Store the API's name of a submitted batch; False if all its users were erased in the meantime."""
    query = "UPDATE claude_requests SET batch_id = :name WHERE state = 'pending' AND batch_id = :key"
    return connection.execute(text(query), {"name": batch_id, "key": f"{SUBMITTING}{batch_key}"}).rowcount > 0


def requests_in_batch(connection: Connection, batch_id: str) -> list[int]:
    """Ids of the requests that are still pending in the batch."""
    query = "SELECT id FROM claude_requests WHERE state = 'pending' AND batch_id = :batch_id ORDER BY id"
    return list(connection.scalars(text(query), {"batch_id": batch_id}))


def group_in_batch(connection: Connection, batch_id: str, group_id: str) -> dict[str, int]:
    """Ids by hash of the requests of a group that are still pending in the batch."""
    query = (
        "SELECT request_hash, id FROM claude_requests "
        "WHERE state = 'pending' AND batch_id = :batch_id AND group_id = :group_id ORDER BY id"
    )
    rows = connection.execute(text(query), {"batch_id": batch_id, "group_id": group_id})
    return {row.request_hash: row.id for row in rows}


def known_batch_ids(connection: Connection) -> set[str]:
    """Names of all batches of the ledger, ended ones included."""
    return set(connection.scalars(text("SELECT DISTINCT batch_id FROM claude_requests WHERE batch_id IS NOT NULL")))


def batches_of_user_alone(connection: Connection, user_id: int) -> list[str]:
    """Pending batches with requests of this user and of no other."""
    query = (
        "SELECT batch_id FROM claude_requests WHERE state = 'pending' AND batch_id IS NOT NULL "
        "GROUP BY batch_id HAVING bool_and(user_id = :user_id) ORDER BY batch_id"
    )
    return list(connection.scalars(text(query), {"user_id": user_id}))


def erase_requests(connection: Connection, user_id: int) -> int:
    """Erase a user's requests about pairs and CVs; returns the number of those about pairs.

    Their cost remains in a sum per day that names nobody: an erasure gives no budget back.
    """
    return int(run_query(connection, "enrichment/erase_requests", {"user_id": user_id})[0].requests)
