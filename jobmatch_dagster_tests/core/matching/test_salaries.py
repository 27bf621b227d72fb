"""Units of salaries."""

from decimal import Decimal

import pytest

from jobmatch_dagster.core.matching.salaries import likely_unit, per_year


@pytest.mark.parametrize(
    ("amount", "unit", "currency", "likely"),
    [
        (42_000, "YEAR", "EUR", None),
        (42_000, "HOUR", "EUR", "YEAR"),
        (19, "YEAR", "EUR", "HOUR"),
        (3_500, "YEAR", "EUR", "MONTH"),
        (3_500, "MONTH", "EUR", None),
        (3_500, "HOUR", "JPY", None),
        (None, "HOUR", "EUR", None),
        (10**9, "HOUR", "EUR", "none that is usual"),
    ],
)
def test_salary_in_the_wrong_unit_is_detected(amount: int | None, unit: str, currency: str, likely: str | None) -> None:
    assert likely_unit(None if amount is None else Decimal(amount), unit, currency) == likely


def test_salaries_are_converted_to_years() -> None:
    assert per_year(Decimal(20), "HOUR") == 41_600
    assert per_year(Decimal(20), None) is None
