"""Direct calls: few at a time, one of a user first so that the cache is filled.

Put here the order of calls. A request is claimed and committed before its call, its answer before it is read.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

from jobmatch_dagster.core.progress import Progress, no_progress
from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.db.enrichment import ledger
from jobmatch_dagster.errors import PassingFailure, PermanentFailure
from jobmatch_dagster.pipeline.enrichment.pair_requests import Ask
from jobmatch_dagster.pipeline.enrichment.report import EnrichReport
from jobmatch_dagster.resources.claude import ClaudeResource
from jobmatch_dagster.resources.claude_client import ClaudeClient, LostAnswerError, Reply, RequestRejectedError

# So many failures in a row and the rest of the run's requests wait for a better hour.
_MAX_FAILURES_IN_A_ROW = 3


class DirectCalls:
    """Makes direct calls for a run, within its budgets.

    Attributes:
        spent_usd: what the run has claimed so far, corrected by real costs.
        has_stopped: whether nothing more is claimed in this run; calls under way come to their end.
    """

    def __init__(
        self, database: Database, claude: ClaudeResource, client: ClaudeClient, run_id: str, report: EnrichReport
    ) -> None:
        self._database, self._claude, self._client = database, claude, client
        self._run_id, self._report = run_id, report
        self._failures_in_a_row = 0
        self.spent_usd = Decimal(0)
        self.has_stopped = False

    def make(self, asks: Sequence[Ask], on_progress: Progress = no_progress) -> None:
        """Ask and keep the answers; what is not answered waits, with its reason in the ledger.

        Raises:
            PermanentFailure: on a refused key, model or account; nothing more is called then.
        """
        done = 0
        with ThreadPoolExecutor(self._claude.concurrency, thread_name_prefix="claude") as pool:
            for phase in _phases(asks):
                futures = [pool.submit(self._ask, ask) for ask in phase]
                try:
                    for future in futures:
                        future.result()
                        done += 1
                        on_progress(done, len(asks))
                except BaseException:
                    self.has_stopped = True
                    self._client.stopped.set()
                    raise

    def _ask(self, ask: Ask) -> None:
        if self.has_stopped:
            return
        request_id = self._claim(ask)
        if request_id is None:
            return
        try:
            reply = self._client.ask(ask.request)
        except PermanentFailure as error:
            self.has_stopped = True
            self._client.stopped.set()
            self._fail(ask, request_id, str(error))
            raise
        except RequestRejectedError as error:
            self._fail(ask, request_id, str(error), final=True)
        except LostAnswerError as error:
            self._fail(ask, request_id, str(error), counts=True, billed=True)
        except PassingFailure as error:
            self._fail(ask, request_id, str(error))
        else:
            self._keep(ask, request_id, reply)

    def _claim(self, ask: Ask) -> int | None:
        highest = self._client.highest_usd(ask.request, batch=False)
        with self._report.lock:
            if self.spent_usd + highest > self._claude.run_budget:
                self._stop(f"the budget of {self._claude.run_budget} USD a run is used up; the rest waits")
                return None
            self.spent_usd += highest
        with self._database.begin() as connection:
            claimed = ledger.claim(
                connection,
                [claim_of(ask, highest)],
                model=self._client.model,
                run_id=self._run_id,
                budget_usd=self._claude.day_budget,
            )
        with self._report.lock:
            if not claimed.within_budget:
                self._stop(f"the budget of {self._claude.day_budget} USD a day is used up; the rest waits")
            if not claimed.ids:
                self.spent_usd -= highest
                return None
            self._report.calls += 1
            self._report.estimated_usd_at_most += highest
        return claimed.ids[ask.request_hash]

    def _keep(self, ask: Ask, request_id: int, reply: Reply) -> None:
        with self._database.begin() as connection:
            ledger.keep_answer(connection, request_id, reply.message, reply.usage, reply.cost_usd)
        self._report.count(reply)
        with self._report.lock:
            self.spent_usd += reply.cost_usd - self._client.highest_usd(ask.request, batch=False)
            self._failures_in_a_row = 0

    def _fail(
        self, ask: Ask, request_id: int, reason: str, *, counts: bool = False, billed: bool = False, final: bool = False
    ) -> None:
        with self._database.begin() as connection:
            ledger.fail(connection, [request_id], reason, counts=counts, billed=billed, final=final)
        with self._report.lock:
            if not billed:
                self.spent_usd -= self._client.highest_usd(ask.request, batch=False)
            self._failures_in_a_row += 1
            self._report.note = self._report.note or reason
            if self._failures_in_a_row >= _MAX_FAILURES_IN_A_ROW:
                self._stop(f"{reason} ({_MAX_FAILURES_IN_A_ROW} failures in a row: the rest waits)")

    def _stop(self, note: str) -> None:
        if not self.has_stopped:
            self._report.note = note
            self.has_stopped = True


def claim_of(ask: Ask, highest_usd: Decimal) -> ledger.Claim:
    """The ledger's row for a request."""
    pair = ask.case.pair
    return ledger.Claim(
        request_hash=ask.request_hash,
        user_id=pair.user_id,
        job_id=pair.asked_job_id,
        profile_version=pair.profile_version,
        text_hash=ask.case.text_hash,
        attempt=ask.request.attempt,
        highest_usd=highest_usd,
    )


def _phases(asks: Sequence[Ask]) -> Iterator[list[Ask]]:
    """One call alone (it tells a bad key and fills the cache of the guidelines), one of each other user, the rest.

    Each in the given order, best first: what a budget does not reach are the last ones.
    """
    first = {ask.case.pair.user_id: ask for ask in reversed(asks)}
    warming = [ask for ask in asks if first[ask.case.pair.user_id] is ask]
    yield warming[:1]
    yield warming[1:]
    yield [ask for ask in asks if first[ask.case.pair.user_id] is not ask]
