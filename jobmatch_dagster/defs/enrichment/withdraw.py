"""Taking a user's questions back, before the user is erased.

Put here what is withdrawn from Claude and from the ledger. The rest of erasure stands in
`defs/operations/forget_user.py`.
"""

from dataclasses import dataclass

from jobmatch_dagster.core.failures import PassingFailure, PermanentFailure
from jobmatch_dagster.db import claude as ledger
from jobmatch_dagster.db.engine import Database
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
    depend on the API: whatever it answers, the rows go.
    """
    with database.begin() as connection:
        names = ledger.batches_of_user_alone(connection, user_id)
        deleted = ledger.erase_requests_of(connection, user_id)
    cancelled = 0
    if names and claude.enabled:
        client = claude.client()
        try:
            for name in names:
                if name.startswith(ledger.SUBMITTING):
                    continue
                client.cancel_batch(name)
                cancelled += 1
        except (PassingFailure, PermanentFailure, RequestRejectedError):
            pass
        finally:
            client.close()
    return WithdrawReport(cancelled, len(names) - cancelled, deleted)
