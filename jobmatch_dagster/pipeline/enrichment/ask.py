"""Pairs that wait for Claude: asked once each, best first, within the budget.

Put here the order of the steps. What is held in the ledger is applied first; what is missing is asked for, directly
or in a message batch, and applied in turn. A killed run never pays again for an answer that is held.
"""

from collections.abc import Sequence
from decimal import Decimal

from jobmatch_dagster.core.progress import Progress, no_progress
from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.db.connection.locks import ASKING_CLAUDE, exclusively
from jobmatch_dagster.db.enrichment import ledger
from jobmatch_dagster.db.enrichment.pairs import Pair, count_waiting, note_waiting, waiting_pairs, write_verdicts
from jobmatch_dagster.pipeline.enrichment import batches
from jobmatch_dagster.pipeline.enrichment.direct_calls import DirectCalls
from jobmatch_dagster.pipeline.enrichment.pair_requests import Ask, Case, load_cases, weigh
from jobmatch_dagster.pipeline.enrichment.report import EnrichReport
from jobmatch_dagster.resources.claude import ClaudeResource
from jobmatch_dagster.resources.claude_client import ClaudeClient


def enrich_pairs(
    database: Database,
    claude: ClaudeResource,
    run_id: str,
    user_keys: Sequence[str] | None = None,
    on_progress: Progress = no_progress,
) -> EnrichReport:
    """Ask Claude about the pairs that wait (of all active users, or of these), and take in batches that have ended.

    Without a key nothing is called and the pairs wait; without a budget nothing is asked, but what is paid for is
    still taken in.

    Raises:
        PermanentFailure: on a refused key, model or account; no further call is made.
    """
    report = EnrichReport()
    if claude.enabled:
        with exclusively(database, ASKING_CLAUDE):
            client = claude.client()
            try:
                _Run(database, claude, client, run_id, report, on_progress).work(user_keys)
            finally:
                client.close()
    else:
        report.note = "ANTHROPIC_API_KEY is not set: nothing was called"
    with database.begin() as connection:
        report.waiting, report.in_batches = count_waiting(connection, user_keys)
    return report


class _Run:
    """One run over the pairs that wait; nobody else asks meanwhile."""

    def __init__(
        self,
        database: Database,
        claude: ClaudeResource,
        client: ClaudeClient,
        run_id: str,
        report: EnrichReport,
        on_progress: Progress,
    ) -> None:
        self._database, self._claude, self._client = database, claude, client
        self._run_id, self._report, self._on_progress = run_id, report, on_progress
        self._direct = DirectCalls(database, claude, client, run_id, report)
        self._reserved_in_batches = Decimal(0)
        self._is_measured = False
        self._is_out_of_budget = False

    def work(self, user_keys: Sequence[str] | None) -> None:
        with self._database.begin() as connection:
            ledger.release_orphans(connection)
        batches.collect(self._database, self._claude, self._client, self._report)
        with self._database.begin() as connection:
            pairs = waiting_pairs(
                connection, user_keys, self._claude.max_pairs_per_user, self._claude.max_pairs_per_run
            )
        if not self._claude.may_spend:
            self._report.note = "the budget is 0: nothing is asked"
        step = self._claude.batch_max_requests
        for start in range(0, len(pairs), step):
            part = pairs[start : start + step]
            # What was asked before may be answered and paid for; of the rest nothing can be done in this run.
            self._work_off([pair for pair in part if pair.was_asked] if self._has_stopped else part)

    @property
    def _has_stopped(self) -> bool:
        """Whether nothing more is asked in this run, though there is a budget."""
        return self._is_out_of_budget or self._direct.has_stopped

    def _work_off(self, pairs: Sequence[Pair]) -> None:
        """Apply, ask, apply; a request is made once in a run."""
        if not pairs:
            return
        cases = load_cases(self._database, pairs, self._client.model)
        tried: set[str] = set()
        while cases:
            asks, cases = self._apply(cases, is_first=not tried)
            asks = [ask for ask in asks if ask.request_hash not in tried]
            if not asks or not self._claude.may_spend or self._has_stopped:
                return
            tried |= {ask.request_hash for ask in asks}
            self._ask(asks)

    def _apply(self, cases: Sequence[Case], *, is_first: bool) -> tuple[list[Ask], list[Case]]:
        verdicts, waiting, asks, left = weigh(self._database, cases, self._claude.band_width)
        with self._database.begin() as connection:
            write_verdicts(connection, verdicts, self._client.model)
            note_waiting(connection, waiting)
        self._report.add(verdicts, from_ledger=is_first)
        return asks, left

    def _ask(self, asks: Sequence[Ask]) -> None:
        if not self._is_measured:
            self._client.measure(asks[0].request)
            self._is_measured = True
        if len(asks) < self._claude.batch_min:
            self._direct.make(asks, self._on_progress)
            return
        left = self._claude.run_budget - self._direct.spent_usd - self._reserved_in_batches
        submission = batches.submit(self._database, self._claude, self._client, asks, self._run_id, left, self._report)
        self._reserved_in_batches += submission.reserved_usd
        self._is_out_of_budget = submission.is_cut
