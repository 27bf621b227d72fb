"""Whole blocks of pairs: what the engine keeps, and the rank of a pair."""

import numpy as np

from jobmatch_dagster.core.matching.block_engine import PostingBlock, ProfileBlock, match_blocks, similarities
from jobmatch_dagster.core.matching.calibration import DEFAULT_CALIBRATION
from jobmatch_dagster.core.matching.judge import PairFacts, ProfileFacts, ScoringRules, judge
from jobmatch_dagster.core.matching.posting_facts import PostingFacts


def test_further_apart_in_another_field_is_never_better() -> None:
    levels = ["0-2", "2-5", "5-10", "10+"]
    vectors = np.ones((4, 1), np.float32)
    profile = ProfileFacts(["Python"], "0-2", ["Healthcare"])
    postings = [PostingFacts(["Python"], level, ["Software"]) for level in levels]
    pairs = [judge(PairFacts(profile, posting, 1.0), ScoringRules(), DEFAULT_CALIBRATION) for posting in postings]
    assert [pair.parts.experience for pair in pairs] == [100, 80, 20, 20]
    assert not any(pair.unfit for pair in pairs)
    blocks = ProfileBlock(vectors[:1], [profile]), PostingBlock(vectors, postings)
    table = match_blocks(*blocks, ScoringRules(), DEFAULT_CALIBRATION, floor=0)
    assert table.experience.tolist() == [100, 80, 20, 20]
    assert table.score.tolist() == sorted(table.score.tolist(), reverse=True) == [pair.score for pair in pairs]


def test_an_ad_without_skills_ranks_as_one_with_derived_skills() -> None:
    vector = np.array([[1.0, 0.0]], np.float32)
    profiles = ProfileBlock(vector, [ProfileFacts(["Python"], "2-5", ["Software"], ["Hybrid"])])
    found = [
        match_blocks(
            profiles,
            PostingBlock(vector, [PostingFacts(None, "2-5", ["Software"], "Hybrid", derived)]),
            ScoringRules(),
            DEFAULT_CALIBRATION,
        ).relevance.tolist()
        for derived in (None, ["skills"])
    ]
    assert found[0] == found[1] != []


def test_similarities_do_not_depend_on_the_block() -> None:
    rng = np.random.default_rng(1)
    users, postings = (rng.normal(size=(n, 384)).astype(np.float32) for n in (40, 90))
    users /= np.linalg.norm(users, axis=1, keepdims=True)
    postings /= np.linalg.norm(postings, axis=1, keepdims=True)
    whole = similarities(users, postings)
    for rows, columns in ((slice(0, 1), slice(0, 1)), (slice(3, 8), slice(10, 41)), (slice(7, 40), slice(89, 90))):
        assert np.array_equal(similarities(users[rows], postings[columns]), whole[rows, columns])
