"""Salaries in one unit, and whether a figure can be what it says.

Belongs here: arithmetic. What a user asks for is in the preferences.
"""

from decimal import Decimal

# Working time of a full year in each unit (40 hours, 5 days a week), the more usual units first.
UNITS_PER_YEAR = {"YEAR": 1, "MONTH": 12, "HOUR": 2_080, "DAY": 260, "WEEK": 52}
# Outside of these a yearly salary in EUR, USD, GBP or CHF is another unit's figure, whatever the job.
_LEAST_PER_YEAR, _MOST_PER_YEAR = 5_000, 1_000_000
_PLAUSIBLE_CURRENCIES = frozenset({"EUR", "USD", "GBP", "CHF"})


def per_year(amount: Decimal | float | None, unit: str | None) -> Decimal | float | None:
    """A salary as an amount a year; None when the amount or the unit is unknown."""
    return None if amount is None or unit not in UNITS_PER_YEAR else amount * UNITS_PER_YEAR[unit]


def likely_unit(amount: Decimal | float | None, unit: str | None, currency: str | None) -> str | None:
    """The unit that would make sense of a figure that makes none in its own; None when it is plausible or unknown."""
    yearly = per_year(amount, unit)
    if amount is None or yearly is None or currency not in _PLAUSIBLE_CURRENCIES:
        return None
    if _LEAST_PER_YEAR <= yearly <= _MOST_PER_YEAR:
        return None
    plausible = [name for name, times in UNITS_PER_YEAR.items() if 15_000 <= amount * times <= 250_000]
    return plausible[0] if plausible else "none that is usual"
