"""What a call to Claude costs.

Prices in USD per million tokens (platform documentation, October 2026): input, output, cache write (5 minutes),
cache read. Put here arithmetic alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from jobmatch_dagster.core.failures import PermanentFailure

_MILLION = Decimal(1_000_000)
BATCH_DISCOUNT = Decimal("0.5")


@dataclass(frozen=True)
class Prices:
    """USD per million tokens."""

    input: Decimal
    output: Decimal
    cache_write: Decimal
    cache_read: Decimal


PRICES: Mapping[str, Prices] = {
    "claude-haiku-5-5": Prices(Decimal("0.10"), Decimal("0.50"), Decimal("0.125"), Decimal("0.01")),
    "claude-sonnet-5-5": Prices(Decimal(2), Decimal(10), Decimal("2.5"), Decimal("0.10")),
    "claude-opus-5-5": Prices(Decimal(4), Decimal(20), Decimal(5), Decimal("0.40")),
    "claude-haiku-4-5": Prices(Decimal(1), Decimal(5), Decimal("1.25"), Decimal("0.10")),
}


def prices_of(model: str) -> Prices:
    """The price list of a model.

    Raises:
        PermanentFailure: if the model has none: without a price no budget can be kept.
    """
    if model not in PRICES:
        raise PermanentFailure(f"No price is known for CLAUDE_MODEL={model!r}; known are {', '.join(PRICES)}.")
    return PRICES[model]


def cost_usd(usage: Mapping[str, int | None], model: str, *, batch: bool = False) -> Decimal:
    """Cost of one call from its `usage` as the API reports it."""
    prices = prices_of(model)
    tokens = {name: Decimal(usage.get(name) or 0) for name in _USAGE_PRICES}
    total = sum((tokens[name] * getattr(prices, price) for name, price in _USAGE_PRICES.items()), Decimal(0)) / _MILLION
    return total * BATCH_DISCOUNT if batch else total


_USAGE_PRICES = {
    "input_tokens": "input",
    "output_tokens": "output",
    "cache_creation_input_tokens": "cache_write",
    "cache_read_input_tokens": "cache_read",
}
