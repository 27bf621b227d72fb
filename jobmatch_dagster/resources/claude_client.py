"""The Messages API and its batches, with the project's only layer of retries.

`claude_errors.py` has the kinds of failures. `core/enrichment/prompt.py` builds the requests, and `pipeline/enrichment`
decides what is asked and paid for.
"""

import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Literal, TypeVar, cast

from jobmatch_dagster.core.enrichment.costs import Prices, flat_usage
from jobmatch_dagster.core.enrichment.prompt import PairRequest
from jobmatch_dagster.core.json_values import JsonObject
from jobmatch_dagster.errors import PassingFailure
from jobmatch_dagster.resources.claude_errors import (
    LostAnswerError,
    RequestRejectedError,
    raise_unless_passing,
    retry_after_s,
    was_never_sent,
)

if TYPE_CHECKING:
    from anthropic.types import CacheControlEphemeralParam, OutputConfigParam, TextBlockParam
    from anthropic.types.message_create_params import MessageCreateParamsNonStreaming
    from anthropic.types.messages import MessageBatch, MessageBatchIndividualResponse
    from anthropic.types.messages.batch_create_params import Request as BatchRequestParam

T = TypeVar("T")
Effort = Literal["low", "medium", "high", "xhigh", "max"]

# Five times the usual answer about one pair. A longer answer is cut and counts as failed.
MAX_TOKENS = 1_500
MAX_ATTEMPTS = 4
# A call that is to wait for longer fails, so that a run keeps its lock for minutes at most.
_LONGEST_WAIT_S = 60.0
# Tokens per byte of prompt before a sample was counted: more than any language of the ads needs.
_TOKENS_PER_BYTE = Decimal("0.5")
# Other prompts may need more tokens per byte than the one that was counted.
_SAMPLE_MARGIN = Decimal("1.3")


@dataclass(frozen=True)
class Reply:
    """An API message, unchanged, and its cost."""

    message: JsonObject
    usage: Mapping[str, int]
    cost_usd: Decimal


@dataclass(frozen=True)
class BatchState:
    """Name of a message batch, whether it has ended, and when it was created."""

    batch_id: str
    has_ended: bool
    created_at: datetime


@dataclass(frozen=True)
class BatchItem:
    """One result of a batch. Without a reply, `problem` says why; `final` means that a retry is pointless."""

    custom_id: str
    reply: Reply | None
    problem: str = ""
    final: bool = False


class ClaudeClient:
    """One connection pool to the API; several threads may use it.

    Args:
        api_key: the key; it never appears in a message.
        base_url: address of the API.
        model: the model that is asked.
        prices: its price list.
        effort: how much work the model puts into an answer (`output_config.effort`); "" sends none.
        thinking: whether the model thinks before it answers.
        timeout_s: longest wait for one call.
        retry_wait_s: first wait before a retry; it doubles with each attempt.
    """

    def __init__(
        self,
        *,
        api_key: str,
        base_url: str,
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
        # The SDK's own retries are off: `_call` makes all retries.
        self._api = anthropic.Anthropic(api_key=api_key, base_url=base_url, max_retries=0, timeout=timeout_s)

    def close(self) -> None:
        """Close the connections."""
        self._api.close()

    def measure(self, sample: PairRequest) -> None:
        """Have the API count a sample's tokens, free of charge. If it cannot, estimates use an upper bound.

        Raises:
            PermanentFailure: on a refused key.
        """
        import anthropic

        arguments = self.arguments(sample)
        try:
            counted = self._call(
                lambda: self._api.messages.count_tokens(
                    model=arguments["model"],
                    system=arguments["system"],
                    messages=arguments["messages"],
                    output_config=arguments["output_config"],
                    thinking=arguments.get("thinking", anthropic.omit),
                )
            )
        except (PassingFailure, RequestRejectedError):
            return
        # A proxy may answer with something else.
        tokens = getattr(counted, "input_tokens", None)
        if isinstance(tokens, int) and tokens > 0:
            self._tokens_per_byte = min(_TOKENS_PER_BYTE, _SAMPLE_MARGIN * tokens / sample.size_bytes)

    def highest_usd(self, request: PairRequest, *, batch: bool) -> Decimal:
        """Most that a request can cost."""
        longest = MAX_TOKENS * request.answers
        return self.prices.highest_usd(self._tokens_per_byte * request.size_bytes, longest, batch=batch)

    def ask(self, request: PairRequest) -> Reply:
        """Ask, with retries after passing failures. The caller must not retry in the same run.

        Raises:
            PermanentFailure: on a refused key, model or account; no further call makes sense.
            RequestRejectedError: if the API refuses this request alone.
            LostAnswerError: if no answer came and the call may have been billed.
            PassingFailure: if the last attempt failed too.
        """
        return self._reply(self._call(lambda: self._api.messages.create(**self.arguments(request))), batch=False)

    def create_batch(self, requests: Sequence[tuple[str, PairRequest]]) -> BatchState:
        """Submit a message batch of (custom id, request).

        Raises:
            PermanentFailure: on a refused key, model or account.
            RequestRejectedError: if the API refuses the batch as a whole.
            LostAnswerError: if no answer came and the batch may have been received.
            PassingFailure: if it was not received.
        """
        items: list[BatchRequestParam] = [
            {"custom_id": custom_id, "params": self.arguments(request, batch=True)} for custom_id, request in requests
        ]
        try:
            # No retry: a lost answer may belong to a batch that was created.
            batch = self._call(lambda: self._api.messages.batches.create(requests=items), attempts=1)
        except PassingFailure as error:
            # The API reports overload (429, 529) before it creates a batch; other failures may come afterwards.
            if isinstance(error, LostAnswerError) or "HTTP 429" in str(error) or "HTTP 529" in str(error):
                raise
            raise LostAnswerError(str(error)) from None
        return self._state(batch)

    def batch(self, batch_id: str) -> BatchState:
        """State of a batch.

        Raises:
            PermanentFailure, RequestRejectedError, PassingFailure: as `ask`; an unknown batch is rejected.
        """
        return self._state(self._call(lambda: self._api.messages.batches.retrieve(batch_id), unknown_is_rejected=True))

    def batches_since(self, since: datetime) -> Iterator[BatchState]:
        """Batches of this workspace that were created since then, newest first.

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
            PermanentFailure, RequestRejectedError, PassingFailure: as `ask`, also between two results.
        """
        import anthropic
        import httpx2

        lines = self._call(lambda: self._api.messages.batches.results(batch_id), unknown_is_rejected=True)
        try:
            for line in lines:
                yield self._item(line)
        except (anthropic.APIError, httpx2.HTTPError, ValueError) as error:
            raise PassingFailure(
                f"Results of a batch broke off ({type(error).__name__}); they are read again."
            ) from None

    def cancel_batch(self, batch_id: str) -> None:
        """Ask for a batch to be cancelled. Answers that are under way may still come.

        Raises:
            PermanentFailure, RequestRejectedError, PassingFailure: as `ask`.
        """
        self._call(lambda: self._api.messages.batches.cancel(batch_id), unknown_is_rejected=True)

    def arguments(self, request: PairRequest, *, batch: bool = False) -> "MessageCreateParamsNonStreaming":
        """Arguments of `messages.create`: data as labelled JSON in the user turn, an answer schema, no tools."""
        # Two prefixes are cached: the guidelines for all users, guidelines and profile for all pairs of a user. A batch
        # may take longer than the default of five minutes.
        cached: CacheControlEphemeralParam = {"type": "ephemeral", "ttl": "1h"} if batch else {"type": "ephemeral"}
        content: list[TextBlockParam] = [
            {"type": "text", "text": request.profile, "cache_control": cached},
            {"type": "text", "text": request.pair},
        ]
        if request.note:
            content.append({"type": "text", "text": request.note})
        output: OutputConfigParam = {"format": {"type": "json_schema", "schema": dict(request.answer_schema)}}
        if self._effort:
            output["effort"] = cast("Effort", self._effort)
        arguments: MessageCreateParamsNonStreaming = {
            "model": self.model,
            "max_tokens": MAX_TOKENS * request.answers,
            "system": [{"type": "text", "text": request.guidelines, "cache_control": cached}],
            "messages": [{"role": "user", "content": content}],
            "output_config": output,
        }
        return arguments if self._thinking else {"thinking": {"type": "disabled"}, **arguments}

    def _call(self, call: Callable[[], T], *, attempts: int = MAX_ATTEMPTS, unknown_is_rejected: bool = False) -> T:
        """The result of a call, with retries after passing failures.

        Raises:
            PermanentFailure, RequestRejectedError, LostAnswerError, PassingFailure: as `claude_errors.py` says.
        """
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
                raise_unless_passing(error, unknown_is_rejected=unknown_is_rejected)
                wait_s = max(wait_s, retry_after_s(error))
                if wait_s > _LONGEST_WAIT_S:
                    raise PassingFailure(
                        f"Claude asks for a pause of {wait_s:.0f} s ({problem}); the pair waits.", wait_s=wait_s
                    ) from None
            except anthropic.APIConnectionError as error:
                problem = type(error.__cause__ or error).__name__
                if not was_never_sent(error):
                    raise LostAnswerError(f"Claude's answer did not come ({problem}); the pair waits.") from None
            except (anthropic.APIError, ValueError) as error:
                raise LostAnswerError(
                    f"Claude's answer is not a message ({type(error).__name__}); the pair waits."
                ) from None
            if attempt < attempts:
                time.sleep(wait_s)
        raise PassingFailure(f"Claude did not answer ({problem}, {attempts} attempts); the pair waits.")

    def _reply(self, message: object, *, batch: bool) -> Reply:
        import anthropic

        # The SDK returns a body that is not declared as JSON as text, for instance the page of a proxy.
        if not isinstance(message, anthropic.types.Message) or getattr(message, "usage", None) is None:
            raise LostAnswerError("Claude's answer is not a message, but perhaps a proxy's page; the pair waits.")
        raw = cast("JsonObject", message.to_dict(mode="json"))
        usage = flat_usage(cast("JsonObject", raw["usage"]))
        return Reply(raw, usage, self.prices.cost_usd(usage, batch=batch))

    def _item(self, line: "MessageBatchIndividualResponse") -> BatchItem:
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
    def _state(batch: "MessageBatch") -> BatchState:
        if not hasattr(batch, "processing_status"):
            raise LostAnswerError("Claude's answer is not about a batch, but perhaps a proxy's page.")
        return BatchState(batch.id, batch.processing_status == "ended", batch.created_at)
