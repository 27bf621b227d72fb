"""Salaries in one unit, and whether a figure can be what it says.

Belongs here: arithmetic, with the exchange rates of the European Central Bank that `currencyconverter` carries. What a
user asks for is in the preferences.
"""

import functools
import math
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from currency_converter import CurrencyConverter

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


def exchange_rate(currency: str, to: str) -> float:
    """What a unit of a currency is worth in another, by the newest rates; NaN when the bank does not quote one."""
    if not currency or currency == to:
        return 1.0 if currency else math.nan
    rates = _rates()
    if not {currency, to} <= rates.currencies:
        return math.nan
    return float(rates.convert(1, currency, to))


def rates_date() -> str:
    """The day of the newest rates, in ISO 8601."""
    newest: date = max(bounds.last_date for bounds in _rates().bounds.values())
    return newest.isoformat()


@functools.cache
def _rates() -> "CurrencyConverter":
    from currency_converter import CurrencyConverter

    return CurrencyConverter(fallback_on_wrong_date=True, fallback_on_missing_rate=True)
