"""Pairs that wait for Claude: each is asked about once, best first, within the budgets.

What the ledger has is applied first. The rest is asked, directly or in a message batch, and applied in turn. A killed
run never pays again for a stored answer.
"""

from collections.abc import Sequence
from contextlib import closing
from decimal import Decimal

from jobmatch_dagster.core.progress import Progress, no_progress
from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.db.connection.locks import ASKING_CLAUDE, exclusively
from jobmatch_dagster.db.enrichment import ledger
from jobmatch_dagster.db.enrichment.pairs import WaitingPair, count_waiting, note_waiting, waiting_pairs, write_verdicts
from jobmatch_dagster.pipeline.enrichment.claude_run import ClaudeRun
from jobmatch_dagster.pipeline.enrichment.collect_batches import collect_batches
from jobmatch_dagster.pipeline.enrichment.direct_calls import DirectCalls
from jobmatch_dagster.pipeline.enrichment.ledger_check import LedgerCheck, OpenRequest, check_ledger
from jobmatch_dagster.pipeline.enrichment.pair_requests import PreparedPair, prepare_pairs
from jobmatch_dagster.pipeline.enrichment.report import EnrichReport
from jobmatch_dagster.pipeline.enrichment.submit_batch import submit_batch
from jobmatch_dagster.resources.claude import ClaudeResource
from jobmatch_dagster.resources.matching import MatchingResource


def enrich_pairs(
    database: Database,
    claude: ClaudeResource,
    matching: MatchingResource,
    run_id: str,
    user_keys: Sequence[str] | None = None,
    on_progress: Progress = no_progress,
) -> EnrichReport:
    """Ask Claude about waiting pairs (of all active users, or of these), and collect ended message batches.

    Without a key no call is made and the pairs wait. Without a budget nothing is asked, but answers that are paid for
    are still collected.

    Raises:
        PermanentFailure: on a refused key, model or account; no further call is made.
    """
    report = EnrichReport()
    if claude.enabled:
        with exclusively(database, ASKING_CLAUDE), closing(claude.client()) as client:
            _PairQueue(ClaudeRun(database, claude, matching, client, run_id, report), on_progress).work(user_keys)
    else:
        report.note = "ANTHROPIC_API_KEY is not set: nothing was called"
    with database.begin() as connection:
        counts = count_waiting(connection, user_keys)
    report.waiting, report.in_batches = counts.pairs, counts.in_batches
    if report.users_over_budget and not report.note:
        users = len(report.users_over_budget)
        report.note = f"the budget of {claude.user_budget} USD a user and day is used up for {users}; their rest waits"
    return report


class _PairQueue:
    """Works through the waiting pairs of one run. The lock keeps other runs from asking meanwhile."""

    def __init__(self, run: ClaudeRun, on_progress: Progress) -> None:
        self._run, self._on_progress = run, on_progress
        self._direct = DirectCalls(run)
        self._reserved_in_batches = Decimal(0)
        self._is_measured = False
        self._is_out_of_budget = False

    def work(self, user_keys: Sequence[str] | None) -> None:
        run = self._run
        with run.database.begin() as connection:
            ledger.release_interrupted(connection)
        collect_batches(run)
        with run.database.begin() as connection:
            pairs = waiting_pairs(connection, user_keys, run.claude.max_pairs_per_user, run.claude.max_pairs_per_run)
        if not run.claude.may_spend:
            run.report.note = "a budget is 0: nothing is asked"
        step = run.claude.batch_max_requests
        for start in range(0, len(pairs), step):
            part = pairs[start : start + step]
            # After a stop nothing new is asked, but a pair that was asked before may have its answer by now.
            self._work_on([pair for pair in part if pair.was_asked] if self._has_stopped else part)

    @property
    def _has_stopped(self) -> bool:
        """Whether this run asks nothing more, although there is a budget."""
        return self._is_out_of_budget or self._direct.has_stopped

    def _work_on(self, pairs: Sequence[WaitingPair]) -> None:
        """Apply stored answers and ask for the others, until nothing is left to ask. A run makes each request once."""
        if not pairs:
            return
        open_pairs = prepare_pairs(self._run, pairs)
        asked: set[str] = set()
        while open_pairs:
            check = self._apply_ledger(open_pairs, is_first=not asked)
            open_pairs = check.open_pairs
            requests = [request for request in check.open_requests if request.request_hash not in asked]
            if not requests or not self._run.claude.may_spend or self._has_stopped:
                return
            asked |= {request.request_hash for request in requests}
            self._ask(requests)
            # What a group's answer left out is asked for alone.
            asked -= self._direct.take_left_out()

    def _apply_ledger(self, pairs: Sequence[PreparedPair], *, is_first: bool) -> LedgerCheck:
        check = check_ledger(self._run.database, pairs, self._run.claude.band_width)
        with self._run.database.begin() as connection:
            write_verdicts(connection, check.verdicts, self._run.client.model, self._run.run_id)
            note_waiting(connection, check.notes)
        self._run.report.count_verdicts(check.verdicts, from_ledger=is_first)
        return check

    def _ask(self, requests: Sequence[OpenRequest]) -> None:
        run = self._run
        if not self._is_measured:
            run.client.measure(requests[0].request)
            self._is_measured = True
        if len(requests) < run.claude.batch_min:
            self._direct.make(requests, self._on_progress)
            return
        left = run.claude.run_budget - self._direct.spent_usd - self._reserved_in_batches
        submission = submit_batch(run, requests, left)
        self._reserved_in_batches += submission.reserved_usd
        self._is_out_of_budget = submission.is_cut
