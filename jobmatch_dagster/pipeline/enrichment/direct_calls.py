"""Direct calls to Claude, a few at a time, within the budgets of the run and the day.

A request is claimed and committed before its call, and its answer is stored before anything reads it.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

from jobmatch_dagster.core.progress import Progress, no_progress
from jobmatch_dagster.db.enrichment import ledger
from jobmatch_dagster.errors import PassingFailure, PermanentFailure
from jobmatch_dagster.pipeline.enrichment.claude_run import ClaudeRun
from jobmatch_dagster.pipeline.enrichment.ledger_check import OpenRequest
from jobmatch_dagster.resources.claude_client import Reply
from jobmatch_dagster.resources.claude_errors import LostAnswerError, RequestRejectedError

# After this many failures in a row the run makes no further call.
_MAX_FAILURES_IN_A_ROW = 3


class DirectCalls:
    """The direct calls of a run.

    Attributes:
        spent_usd: what the run has reserved for direct calls, corrected by real costs.
        has_stopped: whether the run makes no further call; calls under way are finished.
    """

    def __init__(self, run: ClaudeRun) -> None:
        self._run = run
        self._failures_in_a_row = 0
        self.spent_usd = Decimal(0)
        self.has_stopped = False

    def make(self, requests: Sequence[OpenRequest], on_progress: Progress = no_progress) -> None:
        """Ask, and store the answers. A request without an answer waits, with the reason in the ledger.

        Raises:
            PermanentFailure: on a refused key, model or account; no further call is made.
        """
        done = 0
        with ThreadPoolExecutor(self._run.claude.concurrency, thread_name_prefix="claude") as pool:
            for phase in _phases(requests):
                futures = [pool.submit(self._ask, request) for request in phase]
                try:
                    for future in futures:
                        future.result()
                        done += 1
                        on_progress(done, len(requests))
                except BaseException:
                    self.has_stopped = True
                    self._run.client.stopped.set()
                    raise

    def _ask(self, request: OpenRequest) -> None:
        if self.has_stopped:
            return
        request_id = self._claim(request)
        if request_id is None:
            return
        try:
            reply = self._run.client.ask(request.request)
        except PermanentFailure as error:
            self.has_stopped = True
            self._run.client.stopped.set()
            self._note_failure(request, request_id, str(error))
            raise
        except RequestRejectedError as error:
            self._note_failure(request, request_id, str(error), final=True)
        except LostAnswerError as error:
            self._note_failure(request, request_id, str(error), counts=True, billed=True)
        except PassingFailure as error:
            self._note_failure(request, request_id, str(error))
        else:
            self._store(request, request_id, reply)

    def _claim(self, request: OpenRequest) -> int | None:
        """Id of the claimed request; None if a budget is used up or the request cannot be claimed."""
        run, highest_usd = self._run, self._highest_usd(request)
        with run.report.lock:
            if self.spent_usd + highest_usd > run.claude.run_budget:
                self._stop(f"the budget of {run.claude.run_budget} USD a run is used up; the rest waits")
                return None
            self.spent_usd += highest_usd
        with run.database.begin() as connection:
            claimed = ledger.claim(
                connection,
                [request.claim(highest_usd)],
                model=run.client.model,
                run_id=run.run_id,
                budget_usd=run.claude.day_budget,
            )
        with run.report.lock:
            if not claimed.within_budget:
                self._stop(f"the budget of {run.claude.day_budget} USD a day is used up; the rest waits")
            if not claimed.ids:
                self.spent_usd -= highest_usd
                return None
            run.report.calls += 1
            run.report.estimated_usd_at_most += highest_usd
        return claimed.ids[request.request_hash]

    def _store(self, request: OpenRequest, request_id: int, reply: Reply) -> None:
        with self._run.database.begin() as connection:
            ledger.store_answer(connection, request_id, reply.message, reply.usage, reply.cost_usd)
        self._run.report.count_reply(reply)
        with self._run.report.lock:
            self.spent_usd += reply.cost_usd - self._highest_usd(request)
            self._failures_in_a_row = 0

    def _note_failure(
        self,
        request: OpenRequest,
        request_id: int,
        reason: str,
        *,
        counts: bool = False,
        billed: bool = False,
        final: bool = False,
    ) -> None:
        report = self._run.report
        with self._run.database.begin() as connection:
            ledger.note_failures(connection, [request_id], reason, counts=counts, billed=billed, final=final)
        with report.lock:
            if not billed:
                self.spent_usd -= self._highest_usd(request)
            self._failures_in_a_row += 1
            report.note = report.note or reason
            if self._failures_in_a_row >= _MAX_FAILURES_IN_A_ROW:
                self._stop(f"{reason} ({_MAX_FAILURES_IN_A_ROW} failures in a row: the rest waits)")

    def _highest_usd(self, request: OpenRequest) -> Decimal:
        return self._run.client.highest_usd(request.request, batch=False)

    def _stop(self, note: str) -> None:
        if not self.has_stopped:
            self._run.report.note = note
            self.has_stopped = True


def _phases(requests: Sequence[OpenRequest]) -> Iterator[list[OpenRequest]]:
    """One call alone, then one call of each other user, then the rest.

    The first call finds a refused key and fills the cache of the guidelines, the second phase fills the cache of each
    profile. Every phase keeps the given order, best first, so that a budget cuts off the last ones.
    """
    first_of_user = {request.user_id: request for request in reversed(requests)}
    first = [request for request in requests if first_of_user[request.user_id] is request]
    yield first[:1]
    yield first[1:]
    yield [request for request in requests if first_of_user[request.user_id] is not request]
