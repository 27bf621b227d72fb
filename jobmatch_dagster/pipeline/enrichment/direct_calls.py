"""Direct calls to Claude, a few at a time, within the budgets of the run and the day.

Requests are claimed and committed before their call, and answers are stored before anything reads them.
"""

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from decimal import Decimal

from jobmatch_dagster.core.progress import Progress, no_progress
from jobmatch_dagster.db.enrichment import ledger
from jobmatch_dagster.errors import PassingFailure, PermanentFailure
from jobmatch_dagster.pipeline.enrichment.claude_run import ClaudeRun
from jobmatch_dagster.pipeline.enrichment.ledger_check import OpenRequest
from jobmatch_dagster.pipeline.enrichment.request_groups import (
    RequestGroup,
    group_requests,
    store_group_reply,
)
from jobmatch_dagster.resources.claude_client import Reply
from jobmatch_dagster.resources.claude_errors import LostAnswerError, RequestRejectedError

# After this many failures in a row the run makes no further call.
_MAX_FAILURES_IN_A_ROW = 3


@dataclass(frozen=True)
class _ClaimedCall:
    """A call before it is made: what was claimed of a group, the ids by hash, and the most that they can cost."""

    group: RequestGroup
    ids: dict[str, int]
    reserved_usd: Decimal


class DirectCalls:
    """The direct calls of a run.

    Attributes:
        spent_usd: what the run has reserved for direct calls, corrected by real costs.
        has_stopped: whether the run makes no further call; calls under way are finished.
    """

    def __init__(self, run: ClaudeRun) -> None:
        self._run = run
        self._failures_in_a_row = 0
        self._left_out: set[str] = set()
        self._claiming = threading.Lock()
        self.spent_usd = Decimal(0)
        self.has_stopped = False

    def take_left_out(self) -> set[str]:
        """Hashes of the requests that a group's answer left out since the last call of this."""
        left_out, self._left_out = self._left_out, set()
        return left_out

    def make(self, requests: Sequence[OpenRequest], on_progress: Progress = no_progress) -> None:
        """Ask, and store the answers. A request without an answer waits, with the reason in the ledger.

        Raises:
            PermanentFailure: on a refused key, model or account; no further call is made.
        """
        done = 0
        with ThreadPoolExecutor(self._run.claude.concurrency, thread_name_prefix="claude") as pool:
            for phase in _phases(group_requests(requests, self._run.claude.postings_per_request)):
                futures = [pool.submit(self._ask, group) for group in phase]
                try:
                    for group, future in zip(phase, futures, strict=True):
                        future.result()
                        done += len(group.members)
                        on_progress(done, len(requests))
                except BaseException:
                    self.has_stopped = True
                    self._run.client.stopped.set()
                    raise

    def _ask(self, group: RequestGroup) -> None:
        if self.has_stopped:
            return
        call = self._claim(group)
        if call is None:
            return
        try:
            reply = self._run.client.ask(call.group.request)
        except PermanentFailure as error:
            self.has_stopped = True
            self._run.client.stopped.set()
            self._note_failure(call, str(error))
            raise
        except RequestRejectedError as error:
            # Of a group the API may refuse only one: each is asked again alone.
            is_alone = len(call.ids) == 1
            self._note_failure(call, str(error), counts=not is_alone, final=is_alone)
        except LostAnswerError as error:
            self._note_failure(call, str(error), counts=True, billed=True)
        except PassingFailure as error:
            self._note_failure(call, str(error))
            if error.wait_s is not None:
                with self._run.report.lock:
                    self._stop(f"{error} (the rest waits, too)")
        else:
            self._store(call, reply)

    def _claim(self, group: RequestGroup) -> _ClaimedCall | None:
        """What was claimed of the group; None if a budget is used up or nothing of it can be claimed."""
        run, claims = self._run, group.claims(self._run.client, batch=False)
        # One claim at a time, so that no two count on the same rest of the run's budget.
        with self._claiming:
            claimed = run.claim(claims, run.claude.run_budget - self.spent_usd)
            with run.report.lock:
                self.spent_usd += claimed.reserved_usd
        with run.report.lock:
            if claimed.used_up:
                self._stop(run.used_up(claimed.used_up))
            part = group.part(claimed.ids)
            if part is None:
                return None
            run.report.calls += 1
            run.report.estimated_usd_at_most += claimed.reserved_usd
        return _ClaimedCall(part, claimed.ids, claimed.reserved_usd)

    def _store(self, call: _ClaimedCall, reply: Reply) -> None:
        left_out: list[str] = []
        with self._run.database.begin() as connection:
            if len(call.ids) == 1:
                (request_id,) = call.ids.values()
                ledger.store_answer(connection, request_id, reply.message, reply.usage, reply.cost_usd)
            else:
                left_out = store_group_reply(connection, call.ids, reply)
        self._run.report.count_reply(reply)
        with self._run.report.lock:
            self._left_out.update(left_out)
            self.spent_usd += reply.cost_usd - call.reserved_usd
            self._failures_in_a_row = 0

    def _note_failure(
        self, call: _ClaimedCall, reason: str, *, counts: bool = False, billed: bool = False, final: bool = False
    ) -> None:
        report, ids = self._run.report, list(call.ids.values())
        with self._run.database.begin() as connection:
            ledger.note_failures(connection, ids, reason, counts=counts, billed=billed, final=final)
        with report.lock:
            if not billed:
                self.spent_usd -= call.reserved_usd
            self._failures_in_a_row += 1
            report.note = report.note or reason
            if self._failures_in_a_row >= _MAX_FAILURES_IN_A_ROW:
                self._stop(f"{reason} ({_MAX_FAILURES_IN_A_ROW} failures in a row: the rest waits)")

    def _stop(self, note: str) -> None:
        if not self.has_stopped:
            self._run.report.note = note
            self.has_stopped = True


def _phases(groups: Sequence[RequestGroup]) -> Iterator[list[RequestGroup]]:
    """One call alone, then one call of each other user, then the rest.

    The first call finds a refused key and fills the cache of the guidelines, the second phase fills the cache of each
    profile. Every phase keeps the given order, best first, so that a budget cuts off the last ones.
    """
    first_of_user = {group.user_id: group for group in reversed(groups)}
    first = [group for group in groups if first_of_user[group.user_id] is group]
    yield first[:1]
    yield first[1:]
    yield [group for group in groups if first_of_user[group.user_id] is not group]
