"""Withdrawal of a user's requests to Claude, before the user is erased."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass

from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.db.enrichment import ledger
from jobmatch_dagster.errors import PassingFailure, PermanentFailure
from jobmatch_dagster.resources.claude import ClaudeResource
from jobmatch_dagster.resources.claude_errors import RequestRejectedError


@dataclass(frozen=True)
class WithdrawReport:
    """What was withdrawn. `not_cancelled` counts batches that the API did not cancel; their results are dropped."""

    batches_cancelled: int
    not_cancelled: int
    requests_deleted: int


def withdraw_requests(database: Database, claude: ClaudeResource, user_id: int) -> WithdrawReport:
    """Cancel the batches with requests of this user alone, and erase the user's rows of the ledgers.

    The user must be inactive, so that nothing new is asked. A batch with requests of other users goes on, because the
    API cancels whole batches. Results for erased rows are dropped when they arrive, and so is the answer of a direct
    call that is under way. The rows are erased whatever the API answers, and they are erased last: only they have the
    names of the batches, so that the next call can cancel what a killed one left.
    """
    with database.begin() as connection:
        names = ledger.batches_of_user_alone(connection, user_id)
    cancelled = _cancel(claude, [name for name in names if not name.startswith(ledger.SUBMITTING)])
    with database.begin() as connection:
        deleted = ledger.erase_requests(connection, user_id)
    return WithdrawReport(cancelled, len(names) - cancelled, deleted)


def _cancel(claude: ClaudeResource, names: Sequence[str]) -> int:
    """Cancel each batch, whether or not others fail; returns the number of cancelled ones."""
    if not (names and claude.enabled):
        return 0
    try:
        client = claude.client()
    except PermanentFailure:  # a model without a price
        return 0
    cancelled = 0
    with closing(client):
        for name in names:
            try:
                client.cancel_batch(name)
            except (PassingFailure, PermanentFailure, RequestRejectedError):
                continue
            cancelled += 1
    return cancelled
