"""Results of message batches, and the search for batches whose submission was cut off.

The API shows custom ids only in the results. So a batch whose name was lost can be recognised only once it has ended,
by the key with which its custom ids begin (`submit_batch.py`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice

from sqlalchemy import Connection

from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.db.enrichment import ledger
from jobmatch_dagster.errors import PassingFailure
from jobmatch_dagster.pipeline.enrichment.claude_run import ClaudeRun
from jobmatch_dagster.pipeline.enrichment.request_groups import store_group_reply
from jobmatch_dagster.resources.claude import ClaudeResource
from jobmatch_dagster.resources.claude_client import BatchItem, ClaudeClient
from jobmatch_dagster.resources.claude_errors import RequestRejectedError

_RESULTS_PER_TRANSACTION = 500
# The API's clock and the database's may differ by this much.
_CLOCK_SKEW = timedelta(minutes=10)


def collect_batches(run: ClaudeRun) -> None:
    """Store the results of every batch that has ended, and search for those whose submission was cut off.

    Raises:
        PermanentFailure: on a refused key.
    """
    with run.database.begin() as connection:
        pending = ledger.pending_batches(connection)
    for batch in pending:
        try:
            name = batch.batch_id if batch.key is None else _recover(run, batch, batch.key)
            if name is not None and run.client.batch(name).has_ended:
                _store_results(run, name)
        except RequestRejectedError as error:
            with run.database.begin() as connection:
                ids = ledger.requests_in_batch(connection, batch.batch_id)
                ledger.note_failures(connection, ids, str(error), counts=True)
            run.report.note = str(error)
        except PassingFailure as error:
            run.report.note = str(error)


def batches_to_collect(database: Database, claude: ClaudeResource, client: ClaudeClient) -> list[str]:
    """Names or keys of pending batches that a run can process: they have ended, or are certainly lost.

    Raises:
        PermanentFailure: on a refused key.
        PassingFailure: if the API does not answer.
    """
    with database.begin() as connection:
        pending = ledger.pending_batches(connection)
    return [batch.batch_id for batch in pending if _is_collectable(database, claude, client, batch)]


def _is_collectable(
    database: Database, claude: ClaudeResource, client: ClaudeClient, batch: ledger.PendingBatch
) -> bool:
    try:
        if batch.key is None:
            return client.batch(batch.batch_id).has_ended
        search = _search(database, client, batch, batch.key)
        return search.name is not None or search.is_lost(batch, claude.lost_batch_wait_s)
    except RequestRejectedError:
        return True


def _store_results(run: ClaudeRun, batch_id: str) -> None:
    """Store the results of an ended batch. Requests without a result have failed; stored answers stay."""
    results = run.client.results(batch_id)
    while chunk := list(islice(results, _RESULTS_PER_TRANSACTION)):
        with run.database.begin() as connection:
            for item in chunk:
                if _store_item(connection, batch_id, item) and item.reply is not None:
                    run.report.count_reply(item.reply)
    with run.database.begin() as connection:
        left = ledger.requests_in_batch(connection, batch_id)
        ledger.note_failures(connection, left, "the batch ended without a result for this request", counts=True)
    run.report.batches_collected += 1


def _store_item(connection: Connection, batch_id: str, item: BatchItem) -> bool:
    """Store one result, of a request or of a group; whether there was an answer that the ledger did not have."""
    name, reply = item.custom_id.rpartition("-")[2], item.reply
    if not name.isdecimal():
        ids = ledger.group_in_batch(connection, batch_id, name)
        if reply is None:
            # Each is asked again alone: the API may refuse only one of them.
            ledger.note_failures(connection, list(ids.values()), item.problem, counts=True)
        elif ids:
            store_group_reply(connection, ids, reply)
        return reply is not None and bool(ids)
    if reply is None:
        ledger.note_failures(connection, [int(name)], item.problem, counts=True, final=item.final)
        return False
    return ledger.store_answer(connection, int(name), reply.message, reply.usage, reply.cost_usd)


@dataclass(frozen=True)
class _Search:
    """Name of a batch that was found by its key, and whether a running batch may still be it."""

    name: str | None
    is_open: bool

    def is_lost(self, batch: ledger.PendingBatch, wait_s: float) -> bool:
        """Whether the batch is not there and will no longer appear."""
        return self.name is None and not self.is_open and batch.age_s >= wait_s


def _search(database: Database, client: ClaudeClient, batch: ledger.PendingBatch, key: str) -> _Search:
    """Search the API's batches since the claim for one with this key."""
    with database.begin() as connection:
        known = ledger.known_batch_ids(connection)
    is_open = False
    for candidate in client.batches_since(batch.claimed_at - _CLOCK_SKEW):
        if candidate.batch_id in known:
            continue
        if not candidate.has_ended:
            is_open = True
        elif _first_key(client.results(candidate.batch_id)) == key:
            return _Search(candidate.batch_id, is_open)
    return _Search(None, is_open)


def _recover(run: ClaudeRun, batch: ledger.PendingBatch, key: str) -> str | None:
    """Name of a batch whose submission was cut off; None as long as it is not found.

    The requests of a batch that never arrived may be made again.
    """
    search = _search(run.database, run.client, batch, key)
    with run.database.begin() as connection:
        if search.name is not None:
            ledger.name_batch(connection, key, search.name)
        elif search.is_lost(batch, run.claude.lost_batch_wait_s):
            ids = ledger.requests_in_batch(connection, batch.batch_id)
            ledger.note_failures(connection, ids, "the batch was never received")
    return search.name


def _first_key(results: Iterator[BatchItem]) -> str | None:
    first = next(results, None)
    return first.custom_id.partition("-")[0] if first else None
