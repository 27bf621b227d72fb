"""Scores: what each part promises, and that whole blocks give the scores of single pairs."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobmatch_dagster.core.matching.blocks import PostingBlock, ProfileBlock, explain_pair, match_blocks
from jobmatch_dagster.core.matching.calibration import DEFAULT_CALIBRATION, MIN_PAIRS, fit_calibration
from jobmatch_dagster.core.matching.conditions import Conditions, Preferences
from jobmatch_dagster.core.matching.scoring import (
    Parts,
    Weights,
    arrangement_score,
    experience_filters,
    experience_score,
    industry_score,
    priority,
    weighted_score,
)
from jobmatch_dagster.core.posting import EXPERIENCE_LEVELS, INDUSTRIES, WORK_ARRANGEMENTS

_SKILLS = ["Python", "SQL", "Docker", "k8s", "Nursing", "Excel", "Zither", "C++"]
_LEVEL = st.none() | st.sampled_from(EXPERIENCE_LEVELS)
_FIELDS = st.none() | st.lists(st.sampled_from(INDUSTRIES), min_size=1, max_size=3)
_LIST = st.none() | st.lists(st.sampled_from(_SKILLS), min_size=1, max_size=5)


@st.composite
def _blocks(draw: st.DrawFn) -> tuple[ProfileBlock, PostingBlock]:
    users, postings = draw(st.integers(1, 4)), draw(st.integers(1, 5))
    rng = np.random.default_rng(draw(st.integers(0, 1_000)))

    def vectors(count: int) -> np.ndarray:
        found = rng.normal(size=(count, 8)).astype(np.float32)
        return found / np.linalg.norm(found, axis=1, keepdims=True)

    def many(what: st.SearchStrategy, count: int) -> list:
        return draw(st.lists(what, min_size=count, max_size=count))

    accepted = st.none() | st.lists(st.sampled_from(WORK_ARRANGEMENTS), min_size=1, max_size=3, unique=True)
    return (
        ProfileBlock(
            vectors(users), many(_LIST, users), many(_LEVEL, users), many(_FIELDS, users), many(accepted, users),
            [Preferences(needs_visa=wish) for wish in many(st.none() | st.booleans(), users)],
        ),
        PostingBlock(
            vectors(postings), many(_LIST, postings), many(_LEVEL, postings), many(_FIELDS, postings),
            many(st.none() | st.sampled_from(WORK_ARRANGEMENTS), postings),
            many(st.booleans(), postings), many(st.booleans(), postings),
            [Conditions(company="A", visa=visa) for visa in many(st.none() | st.booleans(), postings)],
        ),
    )  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(blocks=_blocks())
def test_a_block_gives_the_scores_of_its_pairs(blocks: tuple[ProfileBlock, PostingBlock]) -> None:
    profiles, postings = blocks
    weights = Weights()
    table = match_blocks(profiles, postings, DEFAULT_CALIBRATION, weights, floor=0)
    kept = {(int(u), int(p)): i for i, (u, p) in enumerate(zip(table.user, table.posting, strict=True))}
    for user in range(len(profiles.skills)):
        for posting in range(len(postings.skills)):
            pair = explain_pair(profiles, postings, user, posting, DEFAULT_CALIBRATION, weights)
            place = kept.get((user, posting))
            assert (place is None) == bool(pair.unfit)
            if place is None:
                continue
            assert int(table.semantic[place]) == pair.parts.semantic
            for name in ("skills", "experience", "industry", "work_arrangement"):
                known = getattr(pair.parts, name)
                assert int(getattr(table, name)[place]) == (-1 if known is None else known)
            assert 0 <= int(table.match[place]) <= 100
            assert int(table.match[place]) == pair.match
            assert abs(float(table.relevance[place]) - pair.relevance) < 0.11
            assert 0 <= pair.relevance <= 100


@given(
    parts=st.builds(
        Parts,
        **{n: st.none() | st.integers(0, 100) for n in ("skills", "experience", "industry", "work_arrangement")},
        semantic=st.integers(0, 100),
    )
)
def test_a_score_lies_between_its_known_parts(parts: Parts) -> None:
    known = [
        v
        for v in (parts.skills, parts.experience, parts.industry, parts.work_arrangement, parts.semantic)
        if v is not None
    ]
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


def test_a_fitted_calibration_spreads_the_pairs_as_it_says() -> None:
    similarities = np.random.default_rng(1).normal(0.25, 0.1, 20_000).astype(np.float32)
    scores = fit_calibration(similarities).score(similarities)
    assert abs((scores >= 50).mean() - 0.15) < 0.01
    assert abs((scores >= 80).mean() - 0.01) < 0.005
    assert scores.min() == 0
    assert scores.max() == 100
    with pytest.raises(ValueError, match="too few to calibrate on"):
        fit_calibration(similarities[: MIN_PAIRS - 1])


def test_weights_that_mean_nothing_are_refused() -> None:
    for weights in (
        {"skills": -1},
        dict.fromkeys(("skills", "experience", "industry", "work_arrangement", "semantic"), 0),
    ):
        with pytest.raises(ValueError, match="must not be negative and not all zero"):
            Weights(**weights)


def test_a_stranger_to_a_field_is_not_taken_out_for_years_elsewhere() -> None:
    assert experience_filters(100)
    assert experience_filters(70)
    assert not experience_filters(30)
    assert not experience_filters(None)


def test_in_another_field_further_apart_is_never_better() -> None:
    levels = ["0-2", "2-5", "5-10", "10+"]
    vectors = np.ones((4, 1), np.float32)
    profile = ProfileBlock(vectors[:1], [["Python"]], ["0-2"], [["Healthcare"]], [None])
    postings = PostingBlock(vectors, [["Python"]] * 4, levels, [["Software"]] * 4, [None] * 4)
    pairs = [explain_pair(profile, postings, 0, place, DEFAULT_CALIBRATION, Weights()) for place in range(4)]
    assert [pair.parts.experience for pair in pairs] == [100, 80, 20, 20]
    assert not any(pair.unfit for pair in pairs)
    table = match_blocks(profile, postings, DEFAULT_CALIBRATION, Weights(), floor=0)
    assert table.experience.tolist() == [100, 80, 20, 20]
    assert table.match.tolist() == sorted(table.match.tolist(), reverse=True) == [pair.match for pair in pairs]


def test_a_level_that_was_read_lowers_and_never_excludes() -> None:
    assert experience_score("10+", "0-2", read=True) == (20, False)
    assert experience_score("2-5", "2-5", read=True) == (100, False)


@given(levels=st.tuples(_LEVEL, _LEVEL), weights=st.lists(st.integers(0, 50), min_size=5, max_size=5))
def test_only_the_shares_of_the_weights_count(levels: tuple[str | None, str | None], weights: list[int]) -> None:
    if not any(weights):
        return
    parts = Parts(40, experience_score(*levels)[0], 30, 80, 60)
    assert weighted_score(parts, Weights(*weights)) == weighted_score(parts, Weights(*(4 * w for w in weights)))


def test_an_ad_that_names_no_skills_is_placed_as_one_whose_skills_were_read() -> None:
    vector = np.array([[1.0, 0.0]], np.float32)
    profiles = ProfileBlock(vector, [["Python"]], ["2-5"], [["Software"]], [["Hybrid"]])
    silent, read = (
        PostingBlock(vector, [None], ["2-5"], [["Software"]], ["Hybrid"], skills_read=[was_read])
        for was_read in (False, True)
    )
    tables = [match_blocks(profiles, block, DEFAULT_CALIBRATION, Weights()) for block in (silent, read)]
    assert tables[0].relevance.tolist() == tables[1].relevance.tolist()
