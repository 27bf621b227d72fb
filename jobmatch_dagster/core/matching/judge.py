"""The judgement of a pair: how well one profile and one posting fit, part by part, and why.

Belongs here: how the parts become one judgement. The explanation and the analysis for Claude call `judge`.
`block_engine.py` computes the same numbers for many pairs at once and takes the words from here; a property test
compares the two.
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from jobmatch_dagster.core.columns import ProfileFields
from jobmatch_dagster.core.matching.calibration import Calibration
from jobmatch_dagster.core.matching.conditions import (
    FilterTable,
    PostingConditions,
    UserConditions,
    Verdicts,
    filter_code,
    verdicts_of,
)
from jobmatch_dagster.core.matching.likeness import Frequencies, likeness, shares
from jobmatch_dagster.core.matching.posting_facts import FACT_OF_PART, PostingFacts
from jobmatch_dagster.core.matching.reason_words import DEFAULT_LANGUAGE, REASON_WORDS
from jobmatch_dagster.core.matching.scoring import (
    CLAUDE_THRESHOLD,
    EXPERIENCE_FAR,
    Parts,
    Totals,
    Weights,
    arrangement_score,
    experience_filters,
    experience_score,
    industry_score,
    priority,
    rounded,
    skills_score,
    weighted_scores,
)
from jobmatch_dagster.core.vocabulary.skill_match import (
    FULL_CREDIT_TENTHS,
    NONE_SIMILAR,
    RELATED_KINDS,
    Similar,
    SkillMatch,
    compare_skills,
)

_SHOWN_SKILLS, _SHOWN_INDUSTRIES = 5, 2


@dataclass(frozen=True, slots=True)
class ProfileFacts:
    """What is compared of one profile; None where neither the CV nor the user says it."""

    skills: Sequence[str] | None = None
    experience_level: str | None = None
    industries: Sequence[str] | None = None
    work_arrangements: Sequence[str] | None = None
    title_words: Sequence[str] = ()
    """Words of the titles and of the occupations that they name; empty when there are none."""
    explanation_language: str = DEFAULT_LANGUAGE
    """Language of the reasons; it changes no number."""


def facts_of_profile(
    profile: ProfileFields, title_words: Sequence[str] = (), explanation_language: str = DEFAULT_LANGUAGE
) -> ProfileFacts:
    """What is compared of a profile; title words count only where texts are compared."""
    return ProfileFacts(
        profile.skills,
        profile.experience_level,
        profile.industries,
        profile.work_arrangements,
        title_words,
        explanation_language,
    )


@dataclass(frozen=True)
class PairFacts:
    """What is compared of one pair. `similarity` is the cosine of the two texts, None where it is not asked for."""

    profile: ProfileFacts
    posting: PostingFacts
    similarity: float | None = None
    user_conditions: UserConditions = field(default_factory=UserConditions)
    posting_conditions: PostingConditions = field(default_factory=PostingConditions)


@dataclass(frozen=True)
class ScoringRules:
    """What a deployment scores by: the weights of the parts, and which skills are alike by their vectors."""

    weights: Weights = field(default_factory=Weights)
    similar_skills: Similar = field(default_factory=lambda: NONE_SIMILAR, repr=False)


class Judgement(NamedTuple):
    """How well a pair fits. A tuple, because an hour makes them by the hundred thousand.

    Attributes:
        similarity: cosine of the two texts; None where it was not asked for.
        parts: the five parts of the score.
        score: weighted mean of the parts, 0..100; None when nothing is known.
        exact: the same with two decimals; it orders the user's list.
        stated: percent of the weight of the fact parts that rests on what the vendor states.
        read: percent that rests on what was read from the ad's text. The rest is unknown.
        skills: hits with their evidence, missing and additional skills.
        filters: verdicts on what the user asks for.
        unfit: names of the parts and filters that rule the pair out, whatever its score.
        reasoning: the facts of the pair in one or two sentences, until Claude says more.
    """

    similarity: float | None
    parts: Parts
    score: int | None
    exact: float | None
    stated: int
    read: int
    skills: SkillMatch
    filters: Verdicts
    unfit: tuple[str, ...]
    reasoning: str

    @property
    def priority(self) -> str | None:
        """High, medium or low; None without a score."""
        return priority(self.score, self.stated)

    @property
    def is_for_claude(self) -> bool:
        """Whether Claude is asked about the pair once it is kept."""
        return self.parts.semantic is not None and self.parts.semantic >= CLAUDE_THRESHOLD


def judge(pair: PairFacts, rules: ScoringRules, calibration: Calibration | None = None) -> Judgement:
    """Judge one pair; the numbers are those of `match_blocks`.

    Args:
        pair: what is compared.
        rules: what it is scored by.
        calibration: from cosine to semantic score. Without it, or without a similarity, the semantic part is unknown.
    """
    profile, posting = pair.profile, pair.posting
    skills = compare_skills(posting.skills, profile.skills, rules.similar_skills)
    weights = posting.skill_weights()
    asked = sum(weights.values()) if skills.offered else 0
    industry = industry_score(posting.industries, profile.industries)
    experience, too_far = experience_score(
        posting.experience_level, profile.experience_level, read=posting.level_is_derived
    )
    if too_far and not experience_filters(industry):
        experience, too_far = EXPERIENCE_FAR, False
    arrangement, no_fit = arrangement_score(posting.work_arrangement, profile.work_arrangements)
    exact_semantic = _exact_semantic(pair, skills, calibration)
    parts = Parts(
        skills=skills_score(skills.tenths(weights), asked),
        experience=experience,
        industry=industry,
        work_arrangement=arrangement,
        semantic=None if np.isnan(exact_semantic) else int(rounded(exact_semantic)[0]),
    )
    totals = _weighted(parts, exact_semantic, posting, rules.weights)
    exact = None if np.isnan(totals.exact[0]) else float(totals.exact[0])
    filters = _filters(pair)
    unfit = [name for name, hit in (("experience", too_far), ("work arrangement", no_fit)) if hit]
    return Judgement(
        similarity=pair.similarity,
        parts=parts,
        score=None if exact is None else int(rounded(totals.exact)[0]),
        exact=exact,
        stated=int(totals.stated[0]),
        read=int(totals.read[0]),
        skills=skills,
        filters=filters,
        unfit=(*unfit, *(name for name, verdict in filters if verdict == "does not fit")),
        reasoning=reasoning(profile, posting, skills, parts.semantic),
    )


def reasoning(profile: ProfileFacts, posting: PostingFacts, skills: SkillMatch, semantic: int | None) -> str:
    """The facts of a pair in one or two sentences, in the user's language."""
    words = REASON_WORDS[profile.explanation_language]
    sentences = []
    if asked := skills.asked:
        matching = skills.matching
        sentences.append(words.skills(asked, len(matching), matching[:_SHOWN_SKILLS]))
        for kind, job_skill, cv_skill in skills.hits:
            if kind in RELATED_KINDS:
                sentences.append(words.close(cv_skill, job_skill))
                break
    facts = _shared_facts(
        profile.explanation_language,
        posting.experience_level,
        profile.experience_level,
        tuple(posting.industries or ()),
        tuple(profile.industries or ()),
        posting.work_arrangement,
    )
    if semantic is not None:
        alike = words.texts_alike(semantic)
        facts = f"{facts}; {alike}" if facts else _capital(alike)
    if facts:
        sentences.append(f"{facts}.")
    return " ".join(sentences)


# Users and postings of one hour share few combinations.
@functools.lru_cache(maxsize=20_000)
def _shared_facts(
    language: str,
    posting_level: str | None,
    profile_level: str | None,
    posting_industries: tuple[str, ...],
    profile_industries: tuple[str, ...],
    arrangement: str | None,
) -> str:
    """What is known of experience, field and work arrangement, as the beginning of a sentence."""
    words = REASON_WORDS[language]
    facts = []
    if posting_level and profile_level:
        facts.append(words.experience(profile_level, posting_level))
    shared = [name for name in posting_industries if name in profile_industries]
    if shared:
        facts.append(words.same_field(shared[:_SHOWN_INDUSTRIES]))
    elif posting_industries and profile_industries:
        facts.append(words.other_field(posting_industries[0], profile_industries[0]))
    if arrangement:
        facts.append(words.arrangement(arrangement))
    return _capital("; ".join(facts))


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


class Likeness(NamedTuple):
    """How alike a pair is, and of what it is made: cosine, shares of skills and title words (`core/matching/likeness`).

    Arrays of one number, so that the sum is the block's to the last digit.
    """

    total: NDArray[np.float32]
    cosine: NDArray[np.float32]
    skills: NDArray[np.float32]
    title_words: NDArray[np.float32]


def pair_likeness(pair: PairFacts, skills: SkillMatch, frequencies: Frequencies) -> Likeness | None:
    """How alike a pair is; None where its texts are not compared."""
    if pair.similarity is None:
        return None
    ids, words = list(pair.posting.skill_weights()), list(pair.posting.title_words or ())
    rarities = dict(zip(ids, frequencies.skill_rarities(ids), strict=True))
    word_rarities = dict(zip(words, frequencies.word_rarities(words), strict=True))
    both = sum(word_rarities[word] for word in words if word in pair.profile.title_words)
    cosine = np.array([pair.similarity], np.float32)
    skill_share = _share(skills.tenths(rarities), sum(rarities.values()), FULL_CREDIT_TENTHS)
    word_share = _share(both, sum(word_rarities.values()), 1)
    return Likeness(likeness(cosine, skill_share, word_share), cosine, skill_share, word_share)


def _share(common: int, asked: int, full: int) -> NDArray[np.float32]:
    return shares(np.array([common], np.int32), np.array([asked], np.int32), full)


def _exact_semantic(pair: PairFacts, skills: SkillMatch, calibration: Calibration | None) -> NDArray[np.float32]:
    """Score of the texts, not rounded; NaN where they are not compared."""
    alike = None if calibration is None else pair_likeness(pair, skills, calibration.frequencies)
    if calibration is None or alike is None:
        return np.array([np.nan], np.float32)
    return calibration.exact_score(alike.total)


def _weighted(parts: Parts, exact_semantic: NDArray[np.float32], posting: PostingFacts, weights: Weights) -> Totals:
    scores = {name: np.array([-1 if score is None else score], np.int16) for name, score in parts._asdict().items()}
    is_read = {part: np.array([posting.is_read(fact)]) for part, fact in FACT_OF_PART.items()}
    return weighted_scores(scores, exact_semantic, is_read, weights)


def _filters(pair: PairFacts) -> Verdicts:
    if not pair.user_conditions:
        return ()
    codes = FilterTable([pair.posting_conditions]).verdicts(pair.user_conditions)
    return verdicts_of(int(filter_code(codes)[0]))
