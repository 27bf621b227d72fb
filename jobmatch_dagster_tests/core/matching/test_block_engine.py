"""Whole blocks of pairs: what the engine keeps, and the rank of a pair."""

import numpy as np

from jobmatch_dagster.core.matching.block_engine import PostingBlock, ProfileBlock, match_blocks
from jobmatch_dagster.core.matching.calibration import DEFAULT_CALIBRATION
from jobmatch_dagster.core.matching.judge import PairFacts, ProfileFacts, ScoringRules, judge
from jobmatch_dagster.core.matching.likeness import Lens, similarities
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


def test_an_optional_skill_counts_a_third() -> None:
    vector = np.array([[1.0, 0.0]], np.float32)
    profile = ProfileFacts(["Python"])
    found = [
        judge(PairFacts(profile, PostingFacts(["Python", "Nursing"], optional_skills=optional), 1.0), ScoringRules())
        for optional in (None, ["Nursing"], ["Python"])
    ]
    assert [judged.parts.skills for judged in found] == [50, 75, 25]
    table = match_blocks(
        ProfileBlock(vector, [profile]),
        PostingBlock(vector, [PostingFacts(["Python", "Nursing"], optional_skills=["Nursing"])]),
        ScoringRules(),
        DEFAULT_CALIBRATION,
    )
    assert table.skills.tolist() == [75]


def test_similarities_do_not_depend_on_the_block() -> None:
    rng = np.random.default_rng(1)
    users, postings = (rng.normal(size=(n, 384)).astype(np.float32) for n in (40, 90))
    users /= np.linalg.norm(users, axis=1, keepdims=True)
    postings /= np.linalg.norm(postings, axis=1, keepdims=True)
    for lens in (None, Lens(postings.mean(axis=0), postings[0])):
        whole = similarities(users, postings, lens)
        for rows, columns in ((slice(0, 1), slice(0, 1)), (slice(3, 8), slice(10, 41)), (slice(7, 40), slice(89, 90))):
            assert np.array_equal(similarities(users[rows], postings[columns], lens), whole[rows, columns])


def test_a_lens_compares_what_is_left_of_the_vectors() -> None:
    rng = np.random.default_rng(3)
    users, postings = (rng.normal(size=(n, 12)).astype(np.float32) for n in (5, 7))
    users /= np.linalg.norm(users, axis=1, keepdims=True)
    postings /= np.linalg.norm(postings, axis=1, keepdims=True)
    lens = Lens(postings.mean(axis=0), users[0])

    def left(vectors: np.ndarray) -> np.ndarray:
        rest = vectors.astype(np.float64) - lens.mean
        rest -= np.outer(rest @ lens.direction, lens.direction)
        return rest / np.linalg.norm(rest, axis=1, keepdims=True)

    assert np.allclose(similarities(users, postings, lens), left(users) @ left(postings).T, atol=2e-6)
