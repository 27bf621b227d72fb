"""Counts of values that have an order of their own."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

Number = TypeVar("Number", int, float)


def in_order(counts: Mapping[str, Number], order: Sequence[str]) -> dict[str, Number]:
    """The counts in the order of their values, others behind in theirs."""
    known = {name: counts[name] for name in order if name in counts}
    return known | {name: count for name, count in counts.items() if name not in known}
