"""Claude: one question, one reply, every failure told apart.

Put here how the Messages API is called. What is asked stands in `core/prompt.py`, what is paid for and when in
`defs/enrichment`.
"""

import json
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import dagster as dg
from pydantic import Field

from jobmatch_dagster.core.costs import cost_usd, prices_of
from jobmatch_dagster.core.failures import PassingFailure, PermanentFailure
from jobmatch_dagster.core.prompt import ANSWER_SCHEMA, PairRequest

MAX_TOKENS = 2_000
MAX_ATTEMPTS = 4
# A token is at least two characters of the prompt: an upper bound of the cost that needs no call.
_MIN_CHARACTERS_PER_TOKEN = 2


@dataclass(frozen=True)
class Reply:
    """What came back. `text` is None when there is nothing to read; `problem` says why."""

    text: str | None
    status: str
    problem: str | None
    raw: Mapping[str, Any]
    usage: Mapping[str, int | None]
    cost_usd: Decimal


class ClaudeResource(dg.ConfigurableResource[Any]):
    """The Messages API. Without a key the stage does nothing and pairs wait."""

    api_key: str = Field(default="", description="ANTHROPIC_API_KEY; never shown")
    model: str = "claude-haiku-5-5"
    budget_usd_per_day: float = Field(default=1.0, ge=0, description="CLAUDE_BUDGET_USD_PER_DAY")
    max_pairs_per_user: int = Field(default=25, ge=1, description="Best pairs first, for each user and run")
    timeout_s: float = 120.0
    retry_wait_s: float = 2.0

    @property
    def enabled(self) -> bool:
        """Whether there is a key."""
        return bool(self.api_key)

    def highest_cost_usd(self, request: PairRequest) -> Decimal:
        """What a request can cost at most, without asking anybody."""
        prices = prices_of(self.model)
        characters = len(request.guidelines) + len(request.profile) + len(request.pair) + len(json.dumps(ANSWER_SCHEMA))
        tokens = Decimal(characters) / _MIN_CHARACTERS_PER_TOKEN
        return (tokens * max(prices.input, prices.cache_write) + MAX_TOKENS * prices.output) / Decimal(1_000_000)

    def ask(self, request: PairRequest) -> Reply:
        """Ask once; only passing failures are tried again, here and nowhere else.

        Raises:
            PermanentFailure: on a refused key, model or request: no further call makes sense.
            PassingFailure: when the last attempt failed too.
        """
        import anthropic

        client = anthropic.Anthropic(api_key=self.api_key, max_retries=0, timeout=self.timeout_s)
        problem = ""
        for attempt in range(1, MAX_ATTEMPTS + 1):
            wait_s = self.retry_wait_s * 2**attempt * random.uniform(0.5, 1.0)  # noqa: S311 (jitter)
            try:
                return self._reply(client.messages.create(**self._arguments(request)))
            except anthropic.APIStatusError as error:
                if error.status_code not in (408, 409, 429) and error.status_code < 500:
                    raise PermanentFailure(
                        f"Claude refuses the request (HTTP {error.status_code}, {error.type}): check "
                        "ANTHROPIC_API_KEY and CLAUDE_MODEL."
                    ) from None
                problem = f"HTTP {error.status_code}"
                said = error.response.headers.get("retry-after", "")
                wait_s = max(wait_s, float(said)) if said.replace(".", "", 1).isdigit() else wait_s
            except anthropic.APIConnectionError as error:
                problem = type(error).__name__
            if attempt < MAX_ATTEMPTS:
                time.sleep(min(wait_s, 60.0))
        raise PassingFailure(f"Claude did not answer ({problem}, {MAX_ATTEMPTS} attempts); the pair waits.")

    def _arguments(self, request: PairRequest) -> dict[str, Any]:
        return {
            "model": self.model,
            "max_tokens": MAX_TOKENS,
            "system": [
                {"type": "text", "text": request.guidelines},
                # The prefix ends here: the same for every pair of this user.
                {"type": "text", "text": request.profile, "cache_control": {"type": "ephemeral"}},
            ],
            "messages": [{"role": "user", "content": request.pair}],
            "output_config": {"format": {"type": "json_schema", "schema": ANSWER_SCHEMA}, "effort": "low"},
        }

    def _reply(self, message: Any) -> Reply:
        raw = message.model_dump(mode="json")
        usage = {name: value for name, value in raw.get("usage", {}).items() if isinstance(value, int | None)}
        text = next((block["text"] for block in raw["content"] if block["type"] == "text"), None)
        status, problem = "answered", None
        if message.stop_reason == "refusal":
            text, status, problem = None, "refused", "Claude declined to answer"
        elif message.stop_reason == "max_tokens":
            text, status, problem = None, "failed", f"the answer was cut at {MAX_TOKENS} tokens"
        elif text is None:
            status, problem = "failed", "the answer holds no text"
        return Reply(text, status, problem, raw, usage, cost_usd(usage, self.model))
