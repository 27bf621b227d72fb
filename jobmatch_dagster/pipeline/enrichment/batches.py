"""Message batches: submitted once, found again after a crash, taken in by id in any order.

Put here the life of a batch. Its requests are claimed under a key of ours before it is submitted, and each custom id
begins with that key: a batch whose name was never recorded is known by its first result.
"""

import uuid
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from itertools import islice

from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.db.enrichment import ledger
from jobmatch_dagster.errors import PassingFailure, PermanentFailure
from jobmatch_dagster.pipeline.enrichment.direct_calls import claim_of
from jobmatch_dagster.pipeline.enrichment.pair_requests import Ask
from jobmatch_dagster.pipeline.enrichment.report import EnrichReport
from jobmatch_dagster.resources.claude import ClaudeResource
from jobmatch_dagster.resources.claude_client import BatchItem, ClaudeClient, LostAnswerError, RequestRejectedError

# Results in one transaction.
_RESULTS_PER_COMMIT = 500
# The API's clock and the database's may differ by so much.
_CLOCK_SKEW = timedelta(minutes=10)


@dataclass(frozen=True)
class Submission:
    """What a batch reserves, in USD, and whether a budget was too small for some of its requests."""

    reserved_usd: Decimal
    is_cut: bool


def submit(
    database: Database,
    claude: ClaudeResource,
    client: ClaudeClient,
    asks: Sequence[Ask],
    run_id: str,
    run_budget_left: Decimal,
    report: EnrichReport,
) -> Submission:
    """Submit requests as one batch, the first ones as far as the budgets go.

    Raises:
        PermanentFailure: on a refused key, model or account.
    """
    claims = [claim_of(ask, client.highest_usd(ask.request, batch=True)) for ask in asks]
    affordable = _within(claims, run_budget_left)
    key = f"jm{uuid.uuid4().hex[:12]}"
    with database.begin() as connection:
        claimed = ledger.claim(
            connection,
            affordable,
            model=client.model,
            run_id=run_id,
            budget_usd=claude.day_budget,
            batch_key=key,
        )
    is_cut = len(affordable) < len(claims) or not claimed.within_budget
    if is_cut:
        which = f"{claude.day_budget} USD a day" if not claimed.within_budget else f"{claude.run_budget} USD a run"
        report.note = f"the budget of {which} is used up; the rest waits"
    if not claimed.ids:
        return Submission(Decimal(0), is_cut)
    reserved = sum((claim.highest_usd for claim in affordable if claim.request_hash in claimed.ids), Decimal(0))
    report.estimated_usd_at_most += reserved
    ids = claimed.ids
    # A user's requests stand together: they share the cached profile.
    together = sorted(asks, key=lambda ask: ask.case.pair.user_id)
    requests = [(f"{key}-{ids[ask.request_hash]}", ask.request) for ask in together if ask.request_hash in ids]
    try:
        state = client.create_batch(requests)
    except LostAnswerError as error:
        # It may have been received: it is looked for before anything is asked again.
        report.note = f"{error} The batch may have been received and is looked for."
        return Submission(reserved, is_cut)
    except (PassingFailure, PermanentFailure, RequestRejectedError) as error:
        with database.begin() as connection:
            ledger.fail(connection, list(ids.values()), str(error), counts=isinstance(error, RequestRejectedError))
        report.note = str(error)
        if isinstance(error, PermanentFailure):
            raise
        return Submission(Decimal(0), is_cut)
    with database.begin() as connection:
        is_wanted = ledger.name_batch(connection, key, state.batch_id)
    if not is_wanted:  # all its users were erased while it was on its way
        with suppress(PassingFailure, RequestRejectedError):
            client.cancel_batch(state.batch_id)
    report.batches_submitted += 1
    report.requests_in_batches += len(requests)
    return Submission(reserved, is_cut)


def collect(database: Database, claude: ClaudeResource, client: ClaudeClient, report: EnrichReport) -> None:
    """Take in every batch that has ended; find again those whose submission was cut off.

    Raises:
        PermanentFailure: on a refused key.
    """
    with database.begin() as connection:
        under_way = ledger.batches_under_way(connection)
    for batch in under_way:
        try:
            name = batch.batch_id if batch.key is None else _find_again(database, claude, client, batch, batch.key)
            if name is not None and client.batch(name).has_ended:
                _take_in(database, client, name, report)
        except RequestRejectedError as error:
            with database.begin() as connection:
                ids = ledger.requests_of_batch(connection, batch.batch_id)
                ledger.fail(connection, ids, str(error), counts=True)
            report.note = str(error)
        except PassingFailure as error:
            report.note = str(error)


def has_news(database: Database, claude: ClaudeResource, client: ClaudeClient) -> list[str]:
    """Names or keys of batches that a run can do something about: ended ones, and lost ones whose fate is known."""
    with database.begin() as connection:
        under_way = ledger.batches_under_way(connection)
    return [batch.batch_id for batch in under_way if _is_news(database, claude, client, batch)]


def _is_news(database: Database, claude: ClaudeResource, client: ClaudeClient, batch: ledger.BatchUnderWay) -> bool:
    try:
        if batch.key is None:
            return client.batch(batch.batch_id).has_ended
        found = _search(database, client, batch, batch.key)
        return found.name is not None or found.is_lost(batch, claude)
    except RequestRejectedError:
        return True


def _take_in(database: Database, client: ClaudeClient, batch_id: str, report: EnrichReport) -> None:
    """Keep all results of an ended batch; requests without one failed. What is held already stays as it is."""
    results = client.results(batch_id)
    while chunk := list(islice(results, _RESULTS_PER_COMMIT)):
        with database.begin() as connection:
            for item in chunk:
                request_id = _request_id(item)
                if request_id is None:
                    continue
                if item.reply is None:
                    ledger.fail(connection, [request_id], item.problem, counts=True, final=item.final)
                elif ledger.keep_answer(
                    connection, request_id, item.reply.message, item.reply.usage, item.reply.cost_usd
                ):
                    report.count(item.reply)
    with database.begin() as connection:
        left = ledger.requests_of_batch(connection, batch_id)
        ledger.fail(connection, left, "the batch ended without a result for this request", counts=True)
    report.batches_collected += 1


@dataclass(frozen=True)
class _Found:
    """What the API says about a batch whose name was never recorded; `is_open` while one that runs may be it."""

    name: str | None
    is_open: bool

    def is_lost(self, batch: ledger.BatchUnderWay, claude: ClaudeResource) -> bool:
        """Whether it is nowhere and will not turn up any more."""
        return self.name is None and not self.is_open and batch.age_s >= claude.lost_batch_wait_s


def _search(database: Database, client: ClaudeClient, batch: ledger.BatchUnderWay, key: str) -> _Found:
    """Look for a batch by its custom ids, which the API shows only in results, so only once it has ended."""
    with database.begin() as connection:
        known = ledger.known_batch_ids(connection)
    is_open = False
    for candidate in client.batches_since(batch.claimed_at - _CLOCK_SKEW):
        if candidate.batch_id in known:
            continue
        if not candidate.has_ended:
            is_open = True
        elif _first_key(client.results(candidate.batch_id)) == key:
            return _Found(candidate.batch_id, is_open)
    return _Found(None, is_open)


def _find_again(
    database: Database, claude: ClaudeResource, client: ClaudeClient, batch: ledger.BatchUnderWay, key: str
) -> str | None:
    """Name of a batch whose submission was cut off; None while it may still turn up, or when it never arrived.

    In the latter case the requests may be made again.
    """
    found = _search(database, client, batch, key)
    with database.begin() as connection:
        if found.name is not None:
            ledger.name_batch(connection, key, found.name)
        elif found.is_lost(batch, claude):
            ids = ledger.requests_of_batch(connection, batch.batch_id)
            ledger.fail(connection, ids, "the batch was never received")
    return found.name


def _first_key(results: Iterator[BatchItem]) -> str | None:
    first = next(results, None)
    return first.custom_id.partition("-")[0] if first else None


def _request_id(item: BatchItem) -> int | None:
    """Row of the ledger that a custom id of ours names."""
    number = item.custom_id.rpartition("-")[2]
    return int(number) if number.isdecimal() else None


def _within(claims: Sequence[ledger.Claim], budget_usd: Decimal) -> list[ledger.Claim]:
    """The first of these that the budget pays for."""
    affordable = []
    for claim in claims:
        budget_usd -= claim.highest_usd
        if budget_usd < 0:
            break
        affordable.append(claim)
    return affordable
