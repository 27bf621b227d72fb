"""Prices: the packaged list, another file, and what a call costs."""

from decimal import Decimal
from pathlib import Path

import pytest

from jobmatch_dagster.core.enrichment.costs import flat_usage, prices_of
from jobmatch_dagster.errors import PermanentFailure

_USAGE = {
    "input_tokens": 1_000, "output_tokens": 400, "cache_creation_input_tokens": 2_000, "cache_read_input_tokens": 3_000,
    "cache_creation": {"ephemeral_5m_input_tokens": 500, "ephemeral_1h_input_tokens": 1_500}, "service_tier": "batch",
    "output_tokens_details": {"thinking_tokens": 100}, "inference_geo": None,
}  # fmt: skip


def test_every_kind_of_token_has_its_price() -> None:
    usage = flat_usage(_USAGE)
    assert usage["thinking_tokens"] == 100
    expected = (1_000 * Decimal("0.10") + 400 * Decimal("0.50") + 500 * Decimal("0.125") + 1_500 * Decimal("0.20")
                + 3_000 * Decimal("0.01")) / 1_000_000  # fmt: skip
    prices = prices_of("claude-haiku-5-5")
    assert prices.cost_usd(usage) == expected
    assert prices.cost_usd(usage, batch=True) == expected / 2


def test_the_highest_cost_is_an_upper_bound() -> None:
    prices = prices_of("claude-haiku-5-5")
    for batch in (False, True):
        assert prices.cost_usd(flat_usage(_USAGE), batch=batch) < prices.highest_usd(Decimal(6_000), 400, batch=batch)


def test_prices_may_come_from_another_file(tmp_path: Path) -> None:
    file = tmp_path / "prices.toml"
    names = ("input", "output", "cache_write_5m", "cache_write_1h", "cache_read", "batch_share")
    file.write_text('["a-model"]\n' + "\n".join(f'{name} = "2"' for name in names))
    assert prices_of("a-model", str(file)).cost_usd({"input_tokens": 1_000_000}) == 2
    with pytest.raises(PermanentFailure, match="with a price are a-model"):
        prices_of("claude-haiku-5-5", str(file))


@pytest.mark.parametrize("content", ["no toml [", '["m"]\ninput = "1"', '["m"]\ninput = "x"'])
def test_a_broken_price_list_is_an_error(tmp_path: Path, content: str) -> None:
    file = tmp_path / "prices.toml"
    file.write_text(content)
    with pytest.raises(PermanentFailure, match="CLAUDE_PRICES"):
        prices_of("m", str(file))
