"""Pay bands: percentiles of yearly salaries by field, level and currency."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import quantiles

# Of fewer salaries a percentile says more about one ad than about the market.
FEWEST = 5
_PERCENTS = (10, 25, 50, 75, 90)


@dataclass(frozen=True)
class PayBand:
    """Percentiles of the yearly salaries of one field, level and currency."""

    field: str
    level: str
    currency: str
    salaries: int
    p10: float
    p25: float
    p50: float
    p75: float
    p90: float


def pay_bands(
    salaries: Iterable[tuple[str | None, str | None, str | None, float]], *, levels: Sequence[str]
) -> list[PayBand]:
    """Bands of the groups with at least `FEWEST` salaries, by field, level in its order, and currency.

    Args:
        salaries: field, level, currency and amount a year of each; what is unknown is a group of its own.
        levels: the levels in their order.
    """
    groups: dict[tuple[str, str, str], list[float]] = {}
    for field, level, currency, yearly in salaries:
        key = (field or "unknown", level or "unknown", currency or "unknown")
        groups.setdefault(key, []).append(yearly)
    order = {level: place for place, level in enumerate(levels)}
    ranked = sorted(groups, key=lambda key: (key[0], order.get(key[1], len(order)), key[2]))
    return [_band(key, groups[key]) for key in ranked if len(groups[key]) >= FEWEST]


def _band(key: tuple[str, str, str], values: list[float]) -> PayBand:
    cuts = quantiles(values, n=100, method="inclusive")
    return PayBand(*key, len(values), *(cuts[percent - 1] for percent in _PERCENTS))
