"""Tables, pictures and numbers for the UI."""

import base64
import io
import json
from datetime import UTC, date, datetime, timedelta

import numpy as np
from PIL import Image

from jobmatch_dagster.core.matching.score_counts import count_scores
from jobmatch_dagster.observability.plots import days_bar, hours_bar
from jobmatch_dagster.observability.previews import preview
from jobmatch_dagster.observability.scores import score_metadata
from jobmatch_dagster.observability.steps import Steps


def test_preview_has_ten_rows_and_short_cells() -> None:
    table = preview([(n, "x" * 500) for n in range(50)], ("n", "text"))
    assert len(table.records) == 10
    assert max(len(str(record.data["text"])) for record in table.records) <= 80


def test_percentiles_equal_those_of_the_scores() -> None:
    rng = np.random.default_rng(1)
    scores = rng.integers(0, 101, 10_001).astype(np.int16)
    metadata = score_metadata({"match_score": count_scores(np.append(scores, np.int16(-1)))})
    for percent in (5, 25, 50, 75, 95):
        assert abs(metadata[f"match_score_p{percent:02}"] - np.percentile(scores, percent)) <= 1
    assert sum(record.data["match_score"] for record in metadata["score_bands"].records) == 10_001
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
    metadata = steps.metadata(postings=10)
    assert set(metadata) == {"seconds", "seconds_load", "seconds_preview", "postings_per_second"}
    assert metadata["seconds"] >= metadata["seconds_load"]
    json.dumps(metadata)
