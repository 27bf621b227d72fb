"""Pay bands and orders of values."""

from jobmatch_dagster.core.statistics.order import in_order
from jobmatch_dagster.core.statistics.pay import FEWEST, pay_bands

_LEVELS = ("0-2", "2-5")


def test_a_band_has_the_percentiles_of_its_group() -> None:
    salaries = [("Sales", "2-5", "EUR", 1_000.0 * n) for n in range(1, 102)]
    (band,) = pay_bands(salaries, levels=_LEVELS)
    assert (band.salaries, band.p10, band.p25, band.p50, band.p75, band.p90) == (
        101, 11_000, 26_000, 51_000, 76_000, 91_000,
    )  # fmt: skip


def test_too_few_salaries_make_no_band_and_unknown_is_a_group() -> None:
    few = [("Sales", "2-5", "EUR", 1.0)] * (FEWEST - 1)
    unknown = [(None, None, None, 2.0)] * FEWEST
    assert [(band.field, band.level, band.currency) for band in pay_bands([*few, *unknown], levels=_LEVELS)] == [
        ("unknown", "unknown", "unknown")
    ]


def test_levels_are_in_their_order() -> None:
    salaries = [("Sales", level, "EUR", 1.0) for level in ("2-5", None, "0-2") for _ in range(FEWEST)]
    assert [band.level for band in pay_bands(salaries, levels=_LEVELS)] == ["0-2", "2-5", "unknown"]
    assert list(in_order({"unknown": 9, "2-5": 5, "0-2": 1}, _LEVELS)) == ["0-2", "2-5", "unknown"]
