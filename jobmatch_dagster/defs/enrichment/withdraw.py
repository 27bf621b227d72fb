"""Taking a user's questions back, before the user is erased.

Put here what is withdrawn from Claude and from the ledger. The rest of erasure stands in
`defs/operations/forget_user.py`.
"""

from dataclasses import dataclass

from sqlalchemy import text

from jobmatch_dagster.db.engine import Database
from jobmatch_dagster.resources.claude import ClaudeResource


@dataclass(frozen=True)
class WithdrawReport:
    """What was withdrawn. `not_cancelled` tells batches that go on; their results find no row to be kept in."""

    batches_cancelled: int
    not_cancelled: int
    requests_deleted: int


def withdraw_requests(database: Database, claude: ClaudeResource, user_id: int) -> WithdrawReport:  # noqa: ARG001
    """Delete the user's rows of the ledger; gives how many batches with requests of theirs were pending."""
    pending = (
        "SELECT count(DISTINCT batch_id) FROM claude_requests "
        "WHERE user_id = :id AND state = 'pending' AND batch_id IS NOT NULL"
    )
    with database.begin() as connection:
        batches = int(connection.scalar(text(pending), {"id": user_id}) or 0)
        deleted = connection.execute(text("DELETE FROM claude_requests WHERE user_id = :id"), {"id": user_id}).rowcount
    return WithdrawReport(0, batches, deleted)
