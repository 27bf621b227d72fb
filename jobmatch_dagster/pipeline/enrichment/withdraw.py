"""Taking a user's questions back, before the user is erased.

Put here what is withdrawn from Claude and from the ledger. The rest of erasure stands in
`defs/operations/forget_user.py`.
"""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass

from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.db.enrichment import ledger
from jobmatch_dagster.errors import PassingFailure, PermanentFailure
from jobmatch_dagster.resources.claude import ClaudeResource
from jobmatch_dagster.resources.claude_client import RequestRejectedError


@dataclass(frozen=True)
class WithdrawReport:
    """What was withdrawn. `not_cancelled` tells batches that the API did not cancel; their results find no row."""

    batches_cancelled: int
    not_cancelled: int
    requests_deleted: int


def withdraw_requests(database: Database, claude: ClaudeResource, user_id: int) -> WithdrawReport:
    """Cancel the batches that hold this user's requests alone, and erase the user's rows of the ledgers.

    A batch that holds other people's requests too goes on: the API cancels whole batches. Results of deleted rows
    are dropped when they arrive, and a direct call that is under way finds no row to be kept in. Erasure does not
    depend on the API: whatever it answers, the rows go. They go last, because they alone know the batches' names: when
    this is killed, the next call cancels what is left. The user must be inactive, so that nothing new is asked.
    """
    with database.begin() as connection:
        names = ledger.batches_of_user_alone(connection, user_id)
    cancelled = _cancel(claude, [name for name in names if not name.startswith(ledger.SUBMITTING)])
    with database.begin() as connection:
        deleted = ledger.erase_requests_of(connection, user_id)
    return WithdrawReport(cancelled, len(names) - cancelled, deleted)


def _cancel(claude: ClaudeResource, names: Sequence[str]) -> int:
    """Cancel each batch, whatever became of the others; gives how many were."""
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
