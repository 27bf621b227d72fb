"""Pages, pictures, numbers: what the UI is given."""

import base64
import io
import json
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest
from PIL import Image

from jobmatch_dagster.core.markdown import escaped
from jobmatch_dagster.core.matching.salaries import likely_unit, per_year
from jobmatch_dagster.core.matching.score_counts import count_scores
from jobmatch_dagster.core.page import Finding, Page, RunLink, Section, Table
from jobmatch_dagster.observability.plots import days_bar, hours_bar
from jobmatch_dagster.observability.previews import preview
from jobmatch_dagster.observability.scores import score_metadata
from jobmatch_dagster.observability.steps import Steps

_PAGE = Page(
    "ada x 1: [Nurse](http://evil.example)",
    [Finding("A | finding", "Do *this*.")],
    [
        Section(
            "Facts & more",
            {"run": RunLink("abcdefgh-1"), "no run": RunLink(None), "list": ["a", "b"], "unknown": None,
             "address": "see https://evil.example/x|y or mail@evil.example"},
            [Table(("name", "n"), [("<img src=x onerror=y>", 1)])],
            code="``` \n# not a heading",
        )
    ],
)  # fmt: skip


def test_a_page_as_markdown_holds_no_link_of_a_stranger() -> None:
    page = _PAGE.markdown()
    assert "[abcdefgh](/runs/abcdefgh-1)" in page
    assert len(re.findall(r"(?<!\\)\]\(", page)) == 1
    assert "`https://evil.example/x%7Cy`" in page
    assert "`mail@evil.example`" in page
    assert "\\<img" in page
    assert "\n    ``` \n    # not a heading" in page
    assert "## What stands out\n\n- **A \\| finding** Do \\*this\\*." in page
    assert "## 1. Facts \\& more" in page


def test_a_page_as_text_lines_up() -> None:
    lines = _PAGE.text().splitlines()
    assert "  ! A | finding Do *this*." in lines
    assert "  run      abcdefgh-1" in lines
    assert "  no run   unknown" in lines
    assert "  list     a, b" in lines


@pytest.mark.parametrize("text", ["a_b *c* [d](e) <f> | `g` # h", "1. x", "~~y~~", "&amp;"])
def test_markdown_is_shown_letter_for_letter(text: str) -> None:
    shown = escaped(text)
    assert shown.replace("\\", "") == text.replace("\\", "")
    assert not any(sign in shown.replace(f"\\{sign}", "") for sign in "_*[]<>|`#~&")


def test_a_preview_has_ten_rows_and_short_cells() -> None:
    table = preview([(n, "x" * 500) for n in range(50)], ("n", "text"))
    assert len(table.records) == 10
    assert max(len(str(record.data["text"])) for record in table.records) <= 80


def test_percentiles_are_those_of_the_scores() -> None:
    rng = np.random.default_rng(1)
    scores = rng.integers(0, 101, 10_001).astype(np.int16)
    told = score_metadata({"match_score": count_scores(np.append(scores, np.int16(-1)))})
    for percent in (5, 25, 50, 75, 95):
        assert abs(told[f"match_score_p{percent:02}"] - np.percentile(scores, percent)) <= 1
    assert sum(record.data["match_score"] for record in told["score_bands"].records) == 10_001
    assert score_metadata({"match_score": count_scores(np.array([], np.int16))}) == {}


def test_pictures_are_small_and_have_a_text() -> None:
    start = datetime(2026, 11, 1, tzinfo=UTC)
    hours = [start + timedelta(hours=n) for n in range(24 * 31)]
    rng = np.random.default_rng(2)
    drawn = [
        hours_bar(hours, rng.integers(0, 900, len(hours)).tolist(), hours[50:60]),
        days_bar([date(2026, 11, n) for n in range(1, 31)], rng.random(30).tolist(), "USD a day"),
        score_metadata({"match_score": rng.integers(0, 40, 101)})["scores"],
    ]
    for picture in drawn:
        text = picture.value
        assert text.startswith("![")
        assert len(text) < 30_000
        body = base64.b64decode(text.split("base64,")[1].rstrip(")"))
        assert Image.open(io.BytesIO(body)).format == "PNG"
    assert "10 missing hours in red" in drawn[0].value
    assert "nothing to show" in days_bar([], [], "USD a day").value


def test_steps_add_up_and_previews_do_not_count() -> None:
    steps = Steps()
    for name in ("load", "load", "preview"):
        with steps.step(name):
            pass
    told = steps.metadata(postings=10)
    assert set(told) == {"seconds", "seconds_load", "seconds_preview", "postings_per_second"}
    assert told["seconds"] >= told["seconds_load"]
    json.dumps(told)


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
def test_a_salary_of_the_wrong_unit_is_seen(amount: int | None, unit: str, currency: str, likely: str | None) -> None:
    assert likely_unit(None if amount is None else Decimal(amount), unit, currency) == likely


def test_salaries_by_the_year() -> None:
    assert per_year(Decimal(20), "HOUR") == 41_600
    assert per_year(Decimal(20), None) is None
