"""What a call to Claude costs, from its usage and a price list.

The prices are data (`data/claude_prices.toml`).
"""

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from decimal import ROUND_DOWN, Decimal, InvalidOperation
from importlib import resources
from pathlib import Path

from jobmatch_dagster.core.json_values import JsonObject
from jobmatch_dagster.errors import PermanentFailure

_MILLION = Decimal(1_000_000)
_SMALLEST_SHARE = Decimal("1e-12")


@dataclass(frozen=True)
class Prices:
    """USD per million tokens; `batch_share` is the share of them that a message batch costs."""

    input: Decimal
    output: Decimal
    cache_write_5m: Decimal
    cache_write_1h: Decimal
    cache_read: Decimal
    batch_share: Decimal

    def cost_usd(self, usage: Mapping[str, int], *, batch: bool = False) -> Decimal:
        """Cost of one call from its flat usage (see `flat_usage`)."""
        written = _tokens(usage, "cache_creation_input_tokens")
        written_1h = min(written, _tokens(usage, "ephemeral_1h_input_tokens"))
        total = (
            _tokens(usage, "input_tokens") * self.input
            + _tokens(usage, "output_tokens") * self.output
            + (written - written_1h) * self.cache_write_5m
            + written_1h * self.cache_write_1h
            + _tokens(usage, "cache_read_input_tokens") * self.cache_read
        ) / _MILLION
        return total * self.batch_share if batch else total

    def highest_usd(self, input_tokens: Decimal, output_tokens: int, *, batch: bool = False) -> Decimal:
        """Most that a call of this size costs: the whole prompt written to the cache, the longest answer allowed."""
        write = self.cache_write_1h if batch else self.cache_write_5m
        total = (input_tokens * max(self.input, write) + output_tokens * self.output) / _MILLION
        return total * self.batch_share if batch else total


@dataclass(frozen=True)
class Share:
    """Part of the tokens and of the cost of one call."""

    usage: dict[str, int]
    cost_usd: Decimal


def shares_of(usage: Mapping[str, int], cost_usd: Decimal, count: int) -> list[Share]:
    """A call's tokens and cost in equal shares that add up to it exactly; the first ones bear what does not divide."""
    part = (cost_usd / count).quantize(_SMALLEST_SHARE, ROUND_DOWN)
    costs = [cost_usd - part * (count - 1), *[part] * (count - 1)]
    return [
        Share({name: (tokens + count - 1 - place) // count for name, tokens in usage.items()}, cost)
        for place, cost in enumerate(costs)
    ]


def flat_usage(usage: JsonObject) -> dict[str, int]:
    """The numbers of an API `usage` by name, nested ones too; fields without a number are left out."""
    flat: dict[str, int] = {}
    for name, value in usage.items():
        if isinstance(value, Mapping):
            flat |= flat_usage(value)
        elif isinstance(value, int) and not isinstance(value, bool):
            flat[name] = value
    return flat


def prices_of(model: str, file: str = "") -> Prices:
    """The price list of a model, from this file or the packaged one.

    Raises:
        PermanentFailure: if the model has no price: without one no budget can be kept.
    """
    table = _price_table(file)
    if model not in table:
        raise PermanentFailure(
            f"CLAUDE_MODEL={model!r} has no price. Models with a price are {', '.join(table)}. "
            "CLAUDE_PRICES names a file with others."
        )
    return table[model]


@functools.cache
def _price_table(file: str) -> Mapping[str, Prices]:
    packaged = resources.files("jobmatch_dagster.core.enrichment") / "data" / "claude_prices.toml"
    names = [field.name for field in fields(Prices)]
    try:
        data = tomllib.loads((Path(file) if file else packaged).read_text(encoding="utf-8"))
        table = {model: Prices(**{name: Decimal(str(row[name])) for name in names}) for model, row in data.items()}
    except (OSError, ValueError, KeyError, TypeError, InvalidOperation) as error:
        raise PermanentFailure(
            f"CLAUDE_PRICES={file!r} is not a price list ({type(error).__name__}: {error}). "
            f"Each model is a table with {', '.join(names)}."
        ) from None
    negative = [model for model, prices in table.items() if min(vars(prices).values()) < 0]
    if negative:
        raise PermanentFailure(f"CLAUDE_PRICES={file!r} has negative prices for {', '.join(negative)}.")
    return table


def _tokens(usage: Mapping[str, int], name: str) -> Decimal:
    return Decimal(usage.get(name) or 0)
