"""Scores: what each part promises, and what the weights do."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobmatch_dagster.core.matching.scoring import (
    PARTS,
    Parts,
    Weights,
    arrangement_score,
    experience_filters,
    experience_score,
    industry_score,
    priority,
    weighted_score,
)
from jobmatch_dagster.core.posting import EXPERIENCE_LEVELS

_LEVEL = st.none() | st.sampled_from(EXPERIENCE_LEVELS)


@given(
    parts=st.builds(
        Parts,
        **{name: st.none() | st.integers(0, 100) for name in PARTS if name != "semantic"},
        semantic=st.integers(0, 100),
    )
)
def test_a_score_lies_between_its_known_parts(parts: Parts) -> None:
    known = [part for part in parts if part is not None]
    score = weighted_score(parts, Weights())
    assert score is not None
    assert min(known) <= score <= max(known)


def test_the_weights_are_the_missions() -> None:
    assert weighted_score(Parts(100, 0, 0, 0, 0), Weights()) == 40
    assert weighted_score(Parts(0, 100, 0, 0, 0), Weights()) == 25
    assert weighted_score(Parts(0, 0, 100, 0, 0), Weights()) == 15
    assert weighted_score(Parts(0, 0, 0, 100, 0), Weights()) == 10
    assert weighted_score(Parts(0, 0, 0, 0, 100), Weights()) == 10


def test_an_unknown_part_is_left_out_and_not_zero() -> None:
    assert weighted_score(Parts(skills=80, semantic=80), Weights()) == 80
    assert weighted_score(Parts(), Weights()) is None


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
    for weights in ({"skills": -1}, dict.fromkeys(PARTS, 0)):
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
    assert weighted_score(parts, Weights(*weights)) == weighted_score(parts, Weights(*(4 * w for w in weights)))
