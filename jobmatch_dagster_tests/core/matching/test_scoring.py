"""Scores: what each part promises, and what the weights do."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobmatch_dagster.core.matching.scoring import (
    FACT_PARTS,
    WEIGHT_COLUMNS,
    Parts,
    Weights,
    arrangement_score,
    experience_filters,
    experience_score,
    industry_score,
    own_weights,
    priority,
    rounded,
    weighted_scores,
)
from jobmatch_dagster.core.posting import EXPERIENCE_LEVELS

_LEVEL = st.none() | st.sampled_from(EXPERIENCE_LEVELS)


def _score(parts: Parts, weights: Weights | None = None, read: tuple[str, ...] = ()) -> tuple[int | None, int, int]:
    """Score and percents stated and read of one pair."""
    scores = {name: np.array([-1 if part is None else part], np.int16) for name, part in parts._asdict().items()}
    semantic = np.array([np.nan if parts.semantic is None else parts.semantic], np.float32)
    is_read = {name: np.array([name in read]) for name in FACT_PARTS}
    totals = weighted_scores(scores, semantic, is_read, weights or Weights())
    score = None if np.isnan(totals.exact[0]) else int(rounded(totals.exact)[0])
    return score, int(totals.stated[0]), int(totals.read[0])


_PARTS = st.builds(
    Parts,
    **{name: st.none() | st.integers(0, 100) for name in FACT_PARTS},
    semantic=st.integers(0, 100),
)
_READ = st.lists(st.sampled_from(FACT_PARTS)).map(tuple)


@given(parts=_PARTS, read=_READ)
def test_a_score_lies_between_its_known_parts(parts: Parts, read: tuple[str, ...]) -> None:
    known = [part for part in parts if part is not None]
    score, _, _ = _score(parts, read=read)
    assert score is not None
    assert min(known) <= score <= max(known)


def test_the_weights_are_the_missions() -> None:
    for place, weight in enumerate((40, 25, 15, 10, 10)):
        assert _score(Parts(*(100 if place == part else 0 for part in range(5)))) == (weight, 100, 0)


@given(parts=_PARTS, name=st.sampled_from(FACT_PARTS))
def test_an_unknown_part_hands_its_weight_to_the_texts(parts: Parts, name: str) -> None:
    unknown = _score(parts._replace(**{name: None}))
    as_texts = _score(parts._replace(**{name: parts.semantic}))
    assert unknown[0] == as_texts[0]
    assert unknown[1] < as_texts[1]


def test_a_read_part_has_a_quarter_of_its_weight() -> None:
    only_skills = Parts(skills=100, semantic=0)
    assert _score(only_skills) == (40, 44, 0)
    assert _score(only_skills, read=("skills",)) == (10, 0, 44)


def test_without_texts_the_known_parts_are_scaled_up() -> None:
    assert _score(Parts(skills=80)) == (80, 44, 0)
    assert _score(Parts(skills=80, experience=20), read=("skills",))[0] == 37
    assert _score(Parts()) == (None, 0, 0)


def test_high_priority_needs_half_of_the_weight_stated() -> None:
    assert [priority(90, stated) for stated in (100, 50, 49, 0)] == ["high", "high", "medium", "medium"]


@pytest.mark.parametrize(
    ("posting", "profile", "score", "too_far"),
    [
        ("2-5", "2-5", 100, False), ("5-10", "2-5", 80, False), ("0-2", "2-5", 60, False),
        ("10+", "2-5", None, True), ("0-2", "5-10", None, True), (None, "2-5", None, False), ("2-5", None, None, False),
    ],
)  # fmt: skip
def test_experience(posting: str | None, profile: str | None, score: int | None, too_far: bool) -> None:
    assert experience_score(posting, profile) == (score, too_far)


@pytest.mark.parametrize(
    ("posting", "profile", "score"),
    [
        (["Software"], ["Software", "Sales"], 100), (["Software"], ["Technology"], 70), (["Software"], ["Legal"], 30),
        (None, ["Legal"], None), (["Software"], None, None),
    ],
)  # fmt: skip
def test_industry(posting: list[str] | None, profile: list[str] | None, score: int | None) -> None:
    assert industry_score(posting, profile) == score


def test_only_remote_and_on_site_do_not_fit() -> None:
    assert arrangement_score("On-site", ["Remote Solely"]) == (None, True)
    assert arrangement_score("Remote OK", ["Remote Solely"]) == (100, False)
    assert arrangement_score(None, ["On-site"]) == (None, False)
    assert arrangement_score("On-site", None) == (None, False)


@pytest.mark.parametrize(("score", "level"), [(85, "high"), (84, "medium"), (70, "medium"), (69, "low"), (None, None)])
def test_priority(score: int | None, level: str | None) -> None:
    assert priority(score) == level


def test_weights_that_mean_nothing_are_refused() -> None:
    for weights in ({"skills": -1}, dict.fromkeys(Parts._fields, 0)):
        with pytest.raises(ValueError, match="must not be negative and not all zero"):
            Weights(**weights)


def test_a_stranger_to_a_field_is_not_taken_out_for_years_elsewhere() -> None:
    assert experience_filters(100)
    assert experience_filters(70)
    assert not experience_filters(30)
    assert not experience_filters(None)


def test_a_level_that_was_read_lowers_and_never_excludes() -> None:
    assert experience_score("10+", "0-2", read=True) == (20, False)
    assert experience_score("2-5", "2-5", read=True) == (100, False)


@given(levels=st.tuples(_LEVEL, _LEVEL), weights=st.lists(st.integers(0, 50), min_size=5, max_size=5))
def test_only_the_shares_of_the_weights_count(levels: tuple[str | None, str | None], weights: list[int]) -> None:
    if not any(weights):
        return
    parts = Parts(40, experience_score(*levels)[0], 30, 80, 60)
    assert _score(parts, Weights(*weights)) == _score(parts, Weights(*(4 * w for w in weights)))


def test_own_weights_replace_those_of_their_parts() -> None:
    assert Weights().with_own({}) == Weights()
    assert Weights().with_own({"skills": 0, "semantic": 60.5}) == Weights(skills=0, semantic=60.5)
    # What the user leaves may be nothing in this deployment: then its own weights count.
    deployment = Weights(skills=1, experience=0, industry=0, work_arrangement=0, semantic=0)
    assert deployment.with_own({"skills": 0}) == deployment
    row = dict.fromkeys(WEIGHT_COLUMNS) | {"industry_weight": 3, "semantic_weight": 0.0}
    assert own_weights(row) == {"industry": 3.0, "semantic": 0.0}
