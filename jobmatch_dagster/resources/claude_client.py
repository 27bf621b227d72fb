"""The Messages API and its batches: every failure told apart, one layer of retries.

Put here how the API is called. What is asked stands in `core/enrichment/prompt.py`, what is paid for and when in
`defs/enrichment`.
"""

import random
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from jobmatch_dagster.core.enrichment.costs import Prices, flat_usage
from jobmatch_dagster.core.enrichment.prompt import PairRequest
from jobmatch_dagster.errors import PassingFailure, PermanentFailure, ServiceFailure

# Five times the usual answer; one that needs more is cut and counts as failed.
MAX_TOKENS = 1_500
MAX_ATTEMPTS = 4
_LONGEST_WAIT_S = 60.0
# Tokens of a byte of prompt when nobody has counted: more than any language that ads are written in needs.
_TOKENS_PER_BYTE = Decimal("0.5")
# The one sample that is counted stands for prompts that differ a little.
_SAMPLE_MARGIN = Decimal("1.3")
_KEY_STATUSES = (401, 402, 403, 404)
_PASSING_STATUSES = (408, 409, 429)


class RequestRejectedError(ServiceFailure):
    """The API will not answer this very request, whenever it is made."""


class LostAnswerError(PassingFailure):
    """No answer came, but the call may have been made and billed."""


@dataclass(frozen=True)
class Reply:
    """A message as it came, and what it cost."""

    message: Mapping[str, Any]
    usage: Mapping[str, int]
    cost_usd: Decimal


@dataclass(frozen=True)
class BatchState:
    """A message batch: its name, whether it has ended, when it was made."""

    batch_id: str
    has_ended: bool
    created_at: datetime


@dataclass(frozen=True)
class BatchItem:
    """One result of a batch. Without a reply, `problem` says why, and `final` whether asking again is pointless."""

    custom_id: str
    reply: Reply | None
    problem: str = ""
    final: bool = False


class ClaudeClient:
    """One connection pool to the API; may be used by several threads.

    Args:
        api_key: the key; never part of a message of ours.
        model: which model is asked.
        prices: its price list.
        effort: how much trouble it takes (`output_config.effort`); "" leaves it to the model.
        thinking: whether it thinks before it answers.
        timeout_s: longest wait for one call.
        retry_wait_s: first wait before a call is made again; doubles each time.
    """

    def __init__(
        self,
        *,
        api_key: str,
        model: str,
        prices: Prices,
        effort: str,
        thinking: bool,
        timeout_s: float,
        retry_wait_s: float,
    ) -> None:
        import anthropic

        self.model, self.prices = model, prices
        self.stopped = threading.Event()
        self._effort, self._thinking, self._retry_wait_s = effort, thinking, retry_wait_s
        self._tokens_per_byte = _TOKENS_PER_BYTE
        # The SDK's own retries are off: this module's are the only ones.
        self._api = anthropic.Anthropic(api_key=api_key, max_retries=0, timeout=timeout_s)

    def close(self) -> None:
        """Close the connections."""
        self._api.close()

    def measure(self, sample: PairRequest) -> None:
        """Have the API count a sample (free of charge), for estimates; where it does not count, a bound stays.

        Raises:
            PermanentFailure: on a refused key.
        """
        arguments = self.arguments(sample)
        del arguments["max_tokens"]
        try:
            counted = self._call(lambda: self._api.messages.count_tokens(**arguments))
        except (PassingFailure, RequestRejectedError):
            return
        tokens = getattr(counted, "input_tokens", None)
        if isinstance(tokens, int) and tokens > 0:
            self._tokens_per_byte = min(_TOKENS_PER_BYTE, _SAMPLE_MARGIN * tokens / sample.size_bytes)

    def highest_usd(self, request: PairRequest, *, batch: bool) -> Decimal:
        """Most that a request can cost."""
        return self.prices.highest_usd(self._tokens_per_byte * request.size_bytes, MAX_TOKENS, batch=batch)

    def ask(self, request: PairRequest) -> Reply:
        """Ask; passing failures are tried again, here and nowhere else in this run.

        Raises:
            PermanentFailure: on a refused key, model or account: no further call makes sense.
            RequestRejectedError: if the API refuses this request alone.
            LostAnswerError: if no answer came and the call may have been billed.
            PassingFailure: when the last attempt failed too.
        """
        return self._reply(self._call(lambda: self._api.messages.create(**self.arguments(request))), batch=False)

    def create_batch(self, requests: Sequence[tuple[str, PairRequest]]) -> BatchState:
        """Submit a message batch of (custom id, request).

        Raises:
            PermanentFailure: on a refused key, model or account.
            RequestRejectedError: if the batch as a whole is refused.
            LostAnswerError: if it may have been received all the same.
            PassingFailure: if it was not received.
        """
        items: list[Any] = [
            {"custom_id": custom_id, "params": self.arguments(request, batch=True)} for custom_id, request in requests
        ]
        try:
            # Once: an answer that is lost may stand for a batch that was made.
            batch = self._call(lambda: self._api.messages.batches.create(requests=items), attempts=1)
        except PassingFailure as error:
            # Overload (429, 529) is told before a batch is made; anything else may come after.
            if isinstance(error, LostAnswerError) or "HTTP 429" in str(error) or "HTTP 529" in str(error):
                raise
            raise LostAnswerError(str(error)) from None
        return self._state(batch)

    def batch(self, batch_id: str) -> BatchState:
        """How a batch stands.

        Raises:
            PermanentFailure, RequestRejectedError, PassingFailure: as `ask`; a batch that is unknown is rejected.
        """
        return self._state(self._call(lambda: self._api.messages.batches.retrieve(batch_id), unknown_is_rejected=True))

    def batches_since(self, since: datetime) -> Iterator[BatchState]:
        """Batches of this workspace that were made since then, newest first.

        Raises:
            PermanentFailure, PassingFailure: as `ask`.
        """
        page = self._call(lambda: self._api.messages.batches.list(limit=100))
        while True:
            for batch in page.data:
                if batch.created_at < since:
                    return
                yield self._state(batch)
            if not page.has_next_page():
                return
            page = self._call(page.get_next_page)

    def results(self, batch_id: str) -> Iterator[BatchItem]:
        """Results of a batch that has ended, one by one, in any order.

        Raises:
            PermanentFailure, RequestRejectedError, PassingFailure: as `ask`, also in the middle.
        """
        import anthropic
        import httpx2

        stream = self._call(lambda: self._api.messages.batches.results(batch_id), unknown_is_rejected=True)
        try:
            for line in stream:
                yield self._item(line)
        except (anthropic.APIError, httpx2.HTTPError, ValueError) as error:
            raise PassingFailure(
                f"Results of a batch broke off ({type(error).__name__}); they are read again."
            ) from None

    def cancel_batch(self, batch_id: str) -> None:
        """Ask for a batch to be cancelled; what is being answered at this moment may still come.

        Raises:
            PermanentFailure, RequestRejectedError, PassingFailure: as `ask`.
        """
        self._call(lambda: self._api.messages.batches.cancel(batch_id), unknown_is_rejected=True)

    def arguments(self, request: PairRequest, *, batch: bool = False) -> dict[str, Any]:
        """What `messages.create` is called with: data in the user turn, JSON and labelled; no tools."""
        # Two prefixes are cached: the guidelines for all users, guidelines and profile for all pairs of one. A batch
        # may take longer than five minutes.
        cached = {"type": "ephemeral", "ttl": "1h"} if batch else {"type": "ephemeral"}
        content = [{"type": "text", "text": request.pair}]
        if request.note:
            content.append({"type": "text", "text": request.note})
        output: dict[str, Any] = {"format": {"type": "json_schema", "schema": request.answer_schema}}
        if self._effort:
            output["effort"] = self._effort
        thinking = {} if self._thinking else {"thinking": {"type": "disabled"}}
        return {
            **thinking,
            "model": self.model,
            "max_tokens": MAX_TOKENS,
            "system": [{"type": "text", "text": request.guidelines, "cache_control": cached}],
            "messages": [
                {
                    "role": "user",
                    "content": [{"type": "text", "text": request.profile, "cache_control": cached}, *content],
                }
            ],
            "output_config": output,
        }

    def _call(self, call: Any, *, attempts: int = MAX_ATTEMPTS, unknown_is_rejected: bool = False) -> Any:
        """Make a call, again after a passing failure; its result, or a failure of one of our four kinds."""
        import anthropic

        problem = ""
        for attempt in range(1, attempts + 1):
            if self.stopped.is_set():
                raise PassingFailure("Claude is not asked any more in this run; the pair waits.")
            wait_s = self._retry_wait_s * 2 ** (attempt - 1) * random.uniform(0.5, 1.0)  # noqa: S311 (jitter)
            try:
                return call()
            except anthropic.APIStatusError as error:
                problem = f"HTTP {error.status_code}"
                _raise_unless_passing(error, unknown_is_rejected=unknown_is_rejected)
                wait_s = max(wait_s, _said_s(error))
            except anthropic.APIConnectionError as error:
                problem = type(error.__cause__ or error).__name__
                if not _never_arrived(error):
                    raise LostAnswerError(f"Claude's answer did not come ({problem}); the pair waits.") from None
            except (anthropic.APIError, ValueError) as error:
                raise LostAnswerError(
                    f"Claude's answer is no message ({type(error).__name__}); the pair waits."
                ) from None
            if attempt < attempts:
                time.sleep(min(wait_s, _LONGEST_WAIT_S))
        raise PassingFailure(f"Claude did not answer ({problem}, {attempts} attempts); the pair waits.")

    def _reply(self, message: Any, *, batch: bool) -> Reply:
        import anthropic

        # What is not declared as JSON comes back from the SDK as text: the page of a proxy.
        if not isinstance(message, anthropic.types.Message) or getattr(message, "usage", None) is None:
            raise LostAnswerError("Claude's answer is no message (a proxy's page?); the pair waits.")
        raw = message.to_dict(mode="json")
        usage = flat_usage(raw["usage"])  # type: ignore[arg-type]
        return Reply(raw, usage, self.prices.cost_usd(usage, batch=batch))

    def _item(self, line: Any) -> BatchItem:
        result = line.result
        if result.type == "succeeded":
            try:
                return BatchItem(line.custom_id, self._reply(result.message, batch=True))
            except LostAnswerError as error:
                return BatchItem(line.custom_id, None, str(error))
        if result.type == "errored":
            kind = getattr(getattr(result.error, "error", None), "type", "unknown error")
            return BatchItem(line.custom_id, None, f"the batch item failed ({kind})", kind == "invalid_request_error")
        return BatchItem(line.custom_id, None, f"the batch item was {result.type}")

    @staticmethod
    def _state(batch: Any) -> BatchState:
        if not hasattr(batch, "processing_status"):
            raise LostAnswerError("Claude's answer about a batch is none (a proxy's page?).")
        return BatchState(batch.id, batch.processing_status == "ended", batch.created_at)


def _raise_unless_passing(error: Any, *, unknown_is_rejected: bool) -> None:
    """Turn a status that no second try changes into a failure of ours."""
    status, kind = error.status_code, getattr(error, "type", None)
    if status == 404 and unknown_is_rejected:
        raise RequestRejectedError("the API does not know this batch (HTTP 404)") from None
    if status in _KEY_STATUSES or kind == "billing_error" or "credit balance" in str(error):
        raise PermanentFailure(
            f"Claude refuses the request (HTTP {status}, {kind}): check ANTHROPIC_API_KEY, the account's credit and "
            "CLAUDE_MODEL. No further call was made."
        ) from None
    if status not in _PASSING_STATUSES and status < 500:
        raise RequestRejectedError(f"the API refuses this request (HTTP {status}, {kind})") from None


def _said_s(error: Any) -> float:
    """How long the server asks to wait, in seconds; 0 when it does not say."""
    said = error.response.headers.get("retry-after", "")
    return float(said) if said.replace(".", "", 1).isdigit() else 0.0


def _never_arrived(error: Any) -> bool:
    """Whether the connection failed before a request could be sent."""
    import httpx2

    return isinstance(error.__cause__, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.PoolTimeout)
