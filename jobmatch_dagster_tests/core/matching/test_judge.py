"""One judgement: the block, the judge and the analysis for Claude say the same of a pair."""

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from jobmatch_dagster.core.enrichment.analysis import analyse
from jobmatch_dagster.core.matching.block_engine import PostingBlock, ProfileBlock, likenesses, match_blocks
from jobmatch_dagster.core.matching.calibration import DEFAULT_CALIBRATION, Calibration
from jobmatch_dagster.core.matching.conditions import PostingConditions, UserConditions
from jobmatch_dagster.core.matching.judge import (
    Judgement,
    PairFacts,
    ProfileFacts,
    ScoringRules,
    judge,
    pair_likeness,
)
from jobmatch_dagster.core.matching.kept_pairs import KeptPairs
from jobmatch_dagster.core.matching.likeness import Frequencies, Lens, similarities
from jobmatch_dagster.core.matching.posting_facts import PostingFacts
from jobmatch_dagster.core.matching.scoring import Weights
from jobmatch_dagster.core.posting import EXPERIENCE_LEVELS, INDUSTRIES, WORK_ARRANGEMENTS
from jobmatch_dagster.core.vocabulary.skill_table import canonical


def _mostly(known: st.SearchStrategy) -> st.SearchStrategy:
    """Known three times out of four."""
    return st.one_of(known, known, known, st.none())


# Beside each vocabulary a word that it lacks: a vendor may send one any day.
_LEVELS = _mostly(st.sampled_from([*EXPERIENCE_LEVELS, "3-7"]))
_ARRANGEMENTS = st.sampled_from([*WORK_ARRANGEMENTS, "On the moon"])
# Few, so that fields meet: levels too far apart count only within a field.
_INDUSTRY = st.sampled_from(["Software", "Technology", "Engineering", "Legal", "Alchemy"]) | st.sampled_from(INDUSTRIES)
_INDUSTRIES = _mostly(st.lists(_INDUSTRY, max_size=3))
_NAMES = ["Python", "python", "SQL", "Docker", "k8s", "Kubernets", "Nursing", "Zither", "Harp", "C++", " "]
_SKILLS = _mostly(st.lists(st.sampled_from(_NAMES), max_size=6))
_SIMILAR = st.sampled_from([{}, {"Python": ["zither"], "Nursing": ["harp", "zither"]}])
_WEIGHT = st.floats(0, 100, width=32)
_WEIGHTS = st.builds(Weights, _WEIGHT, _WEIGHT, _WEIGHT, _WEIGHT, st.floats(0.125, 100, width=32))
_PLACES = st.none() | st.lists(st.sampled_from(["Berlin", "Munich, Bavaria, Germany", "Kiel", "Germany"]), max_size=2)
_LANGUAGE = st.none() | st.sampled_from(["English", "German"])
_COMPANY = st.sampled_from(["Kranich", "Zwiebelturm"])
_CURRENCY = st.none() | st.sampled_from(["EUR", "USD"])

_WORDS = st.lists(st.sampled_from(["nurse", "data", "engineer", "head"]), max_size=3, unique=True)
_PROFILE = st.builds(
    ProfileFacts,
    _SKILLS,
    _LEVELS,
    _INDUSTRIES,
    _mostly(st.lists(_ARRANGEMENTS, max_size=3, unique=True)),
    _WORDS,
    st.sampled_from(["en", "de"]),
)
_POSTING = st.builds(
    PostingFacts,
    _SKILLS,
    _LEVELS,
    _INDUSTRIES,
    _mostly(_ARRANGEMENTS),
    st.sampled_from([None, ["skills"], ["experience_level"], ["skills", "industries", "work_arrangement"]]),
    st.none() | _WORDS,
    st.none() | st.lists(st.sampled_from(_NAMES), max_size=2),
)
_FREQUENCIES = st.sampled_from(
    [Frequencies(), Frequencies(900, {"Python": 700, "zither": 3}, {"nurse": 40, "engineer": 300})]
)
_USER_CONDITIONS = st.just(UserConditions()) | st.builds(
    UserConditions,
    locations=_PLACES,
    min_salary=st.none() | st.integers(20_000, 90_000),
    salary_currency=_CURRENCY,
    needs_visa=st.none() | st.booleans(),
    languages=st.none() | st.lists(st.sampled_from(["english", "German"]), max_size=2),
    excluded_companies=st.none() | st.lists(_COMPANY, max_size=1),
)
_POSTING_CONDITIONS = st.builds(
    PostingConditions,
    company=_COMPANY,
    places=_PLACES,
    countries=st.none() | st.just(["Germany"]),
    remote=st.booleans(),
    yearly_salary=st.none() | st.integers(20_000, 90_000).map(float),
    salary_is_least=st.booleans(),
    salary_currency=_CURRENCY,
    visa=st.none() | st.booleans(),
    language=_LANGUAGE,
)


@st.composite
def _blocks(draw: st.DrawFn) -> tuple[ProfileBlock, PostingBlock]:
    users, postings = draw(st.integers(1, 4)), draw(st.integers(1, 5))
    own = draw(st.booleans())
    rng = np.random.default_rng(draw(st.integers(0, 1_000)))

    def vectors(count: int) -> np.ndarray:
        found = rng.normal(size=(count, 8)).astype(np.float32)
        return found / np.linalg.norm(found, axis=1, keepdims=True)

    def many(what: st.SearchStrategy, count: int) -> list:
        return draw(st.lists(what, min_size=count, max_size=count))

    return (
        ProfileBlock(
            vectors(users), many(_PROFILE, users), many(_USER_CONDITIONS, users), many(_WEIGHTS, users) if own else ()
        ),
        PostingBlock(vectors(postings), many(_POSTING, postings), many(_POSTING_CONDITIONS, postings)),
    )


def _pair(profiles: ProfileBlock, postings: PostingBlock, user: int, posting: int, lens: Lens | None) -> PairFacts:
    similarity = similarities(profiles.vectors[user : user + 1], postings.vectors[posting : posting + 1], lens)
    return PairFacts(
        profiles.facts[user],
        postings.facts[posting],
        float(similarity[0, 0]),
        profiles.conditions[user],
        postings.conditions[posting],
    )


def _lens(seed: int) -> Lens:
    mean, direction = np.random.default_rng(seed).normal(size=(2, 8)).astype(np.float32)
    return Lens(mean / 4, direction / np.linalg.norm(direction))


_CALIBRATIONS = st.builds(
    Calibration, st.just(DEFAULT_CALIBRATION.knots), st.none() | st.builds(_lens, st.integers(0, 50)), _FREQUENCIES
)


@settings(max_examples=300, deadline=None)
@given(
    blocks=_blocks(),
    rules=st.builds(ScoringRules, _WEIGHTS, _SIMILAR),
    calibration=_CALIBRATIONS,
    floor=st.sampled_from([0, 30, 70]),
)
def test_block_judge_and_analysis_agree_on_every_pair(
    blocks: tuple[ProfileBlock, PostingBlock], rules: ScoringRules, calibration: Calibration, floor: int
) -> None:
    profiles, postings = blocks
    table = match_blocks(profiles, postings, rules, calibration, floor=floor)
    alike = likenesses(profiles, postings, rules.similar_skills, calibration)
    kept = {(user, posting): found for user, posting, found in KeptPairs(table, profiles, postings, rules)}
    deployment = rules
    for user in range(len(profiles.facts)):
        rules = replace(deployment, weights=profiles.weights[user]) if profiles.weights else deployment
        for posting in range(len(postings.facts)):
            pair = _pair(profiles, postings, user, posting, calibration.lens)
            judged = judge(pair, rules, calibration)
            found = pair_likeness(pair, judged.skills, calibration.frequencies)
            assert found is not None
            assert found.total[0] == alike[user, posting]
            is_kept = not judged.unfit and judged.score is not None and judged.score >= floor
            assert kept.get((user, posting)) == (judged if is_kept else None)
            _assert_analysis_says(judged, pair, rules)


def _assert_analysis_says(judged: Judgement, pair: PairFacts, rules: ScoringRules) -> None:
    analysis = analyse(pair.profile, pair.posting, rules, dict(judged.filters))
    sent, skills, parts = analysis.sent, judged.skills, judged.parts
    assert sent["skill_match"] == skills.summary
    assert sent["matching_skills"] == list(skills.matching)
    assert sent["missing_skills"] == list(skills.missing)
    near = [hit for hit in skills.hits if hit.kind in ("related", "similar", "category")]
    assert sent["related_skills"] == [f"{hit.job_skill} ~ {canonical(hit.cv_skill)}" for hit in near]
    fits = {name: getattr(parts, name) for name in ("experience", "industry", "work_arrangement")}
    assert sent["fit"] == {name: score for name, score in fits.items() if score is not None}
    words = {"fits": "passed", "does not fit": "not passed", "unknown": "unknown"}
    filters = {name: words[verdict] for name, verdict in judged.filters if name not in ("location", "visa")}
    assert sent.get("filters", {}) == filters
    without_texts = judge(PairFacts(pair.profile, pair.posting), rules)
    percent = 100 * len(skills.matching) / skills.asked if skills.asked else without_texts.score
    assert analysis.percent == percent
    assert without_texts == judged._replace(
        similarity=None,
        parts=parts._replace(semantic=None),
        score=without_texts.score,
        exact=without_texts.exact,
        filters=(),
        unfit=tuple(name for name in judged.unfit if name in ("experience", "work arrangement")),
        reasoning=without_texts.reasoning,
    )


def test_without_texts_the_other_parts_are_judged() -> None:
    pair = PairFacts(ProfileFacts(["Python"], "2-5"), PostingFacts(["Python", "SQL"], "2-5"))
    judged = judge(pair, ScoringRules(), DEFAULT_CALIBRATION)
    assert (judged.similarity, judged.parts.semantic) == (None, None)
    assert judged.score == judge(pair, ScoringRules()).score
    assert not judged.is_for_claude
    assert judged.reasoning == ("Shows 1 of 2 skills asked for: Python. Experience 2-5 years, the level asked for.")


def test_nothing_known_is_no_score_and_no_sentence() -> None:
    judged = judge(PairFacts(ProfileFacts(), PostingFacts()), ScoringRules())
    assert (judged.score, judged.priority, judged.unfit, judged.reasoning) == (None, None, (), "")


def test_claude_is_asked_from_the_threshold_on() -> None:
    scale = Calibration(((0.0, 0), (1.0, 100)))
    pairs = [PairFacts(ProfileFacts(), PostingFacts(), cosine) for cosine in (0.494, 0.495)]
    assert [judge(pair, ScoringRules(), scale).is_for_claude for pair in pairs] == [False, True]
