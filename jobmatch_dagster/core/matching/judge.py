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
from jobmatch_dagster.core.matching.posting_facts import PostingFacts
from jobmatch_dagster.core.matching.scoring import (
    CLAUDE_THRESHOLD,
    EXPERIENCE_FAR,
    Parts,
    Weights,
    arrangement_score,
    experience_filters,
    experience_score,
    industry_score,
    priority,
    relevance,
    skills_score,
    weighted_score,
)
from jobmatch_dagster.core.vocabulary.skill_match import (
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


def facts_of_profile(profile: ProfileFields) -> ProfileFacts:
    """What is compared of a profile."""
    return ProfileFacts(profile.skills, profile.experience_level, profile.industries, profile.work_arrangements)


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
        score: weighted mean of the known parts, 0..100; None when nothing is known.
        relevance: place in the user's list, 0..100; None without a similarity.
        skills: hits with their evidence, missing and additional skills.
        filters: verdicts on what the user asks for.
        unfit: names of the parts and filters that rule the pair out, whatever its score.
        reasoning: the facts of the pair in one or two sentences, until Claude says more.
    """

    similarity: float | None
    parts: Parts
    score: int | None
    relevance: float | None
    skills: SkillMatch
    filters: Verdicts
    unfit: tuple[str, ...]
    reasoning: str

    @property
    def priority(self) -> str | None:
        """High, medium or low; None without a score."""
        return priority(self.score)

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
    industry = industry_score(posting.industries, profile.industries)
    experience, too_far = experience_score(
        posting.experience_level, profile.experience_level, read=posting.level_is_derived
    )
    if too_far and not experience_filters(industry):
        experience, too_far = EXPERIENCE_FAR, False
    arrangement, no_fit = arrangement_score(posting.work_arrangement, profile.work_arrangements)
    exact = _exact_semantic(pair.similarity, calibration)
    parts = Parts(
        skills=skills_score(skills.tenths, skills.asked),
        experience=experience,
        industry=industry,
        work_arrangement=arrangement,
        semantic=None if exact is None else int(np.floor(exact + np.float32(0.5))),
    )
    score = weighted_score(parts, rules.weights)
    filters = _filters(pair)
    unfit = [name for name, hit in (("experience", too_far), ("work arrangement", no_fit)) if hit]
    return Judgement(
        similarity=pair.similarity,
        parts=parts,
        score=score,
        relevance=None if exact is None else _relevance(exact, parts, skills, score or 0, posting),
        skills=skills,
        filters=filters,
        unfit=(*unfit, *(name for name, verdict in filters if verdict == "does not fit")),
        reasoning=reasoning(profile, posting, skills, parts.semantic),
    )


def reasoning(profile: ProfileFacts, posting: PostingFacts, skills: SkillMatch, semantic: int | None) -> str:
    """The facts of a pair in one or two sentences."""
    sentences = []
    if asked := skills.asked:
        matching = skills.matching
        names = f": {', '.join(matching[:_SHOWN_SKILLS])}" if matching else ""
        sentences.append(f"Shows {len(matching)} of {asked} skills asked for{names}.")
        for kind, job_skill, cv_skill in skills.hits:
            if kind in RELATED_KINDS:
                sentences.append(f"{cv_skill} is close to {job_skill}.")
                break
    facts = _shared_facts(
        posting.experience_level,
        profile.experience_level,
        tuple(posting.industries or ()),
        tuple(profile.industries or ()),
        posting.work_arrangement,
    )
    if semantic is not None:
        facts = f"{facts}; texts alike to {semantic} of 100" if facts else f"Texts alike to {semantic} of 100"
    if facts:
        sentences.append(f"{facts}.")
    return " ".join(sentences)


# Users and postings of one hour share few combinations.
@functools.lru_cache(maxsize=20_000)
def _shared_facts(
    posting_level: str | None,
    profile_level: str | None,
    posting_industries: tuple[str, ...],
    profile_industries: tuple[str, ...],
    arrangement: str | None,
) -> str:
    """What is known of experience, field and work arrangement, as the beginning of a sentence."""
    facts = []
    if posting_level and profile_level:
        same = "the level asked for" if posting_level == profile_level else f"{posting_level} years asked for"
        facts.append(f"experience {profile_level} years, {same}")
    shared = [name for name in posting_industries if name in profile_industries]
    if shared:
        facts.append(f"same field ({', '.join(shared[:_SHOWN_INDUSTRIES])})")
    elif posting_industries and profile_industries:
        facts.append(f"field is {posting_industries[0]}, CV is of {profile_industries[0]}")
    if arrangement:
        facts.append(f"work is {arrangement.lower()}")
    sentence = "; ".join(facts)
    return sentence[:1].upper() + sentence[1:]


def _exact_semantic(similarity: float | None, calibration: Calibration | None) -> np.float32 | None:
    if similarity is None or calibration is None:
        return None
    found: np.float32 = calibration.exact_score(np.array([similarity], np.float32))[0]
    return found


def _filters(pair: PairFacts) -> Verdicts:
    if not pair.user_conditions:
        return ()
    codes = FilterTable([pair.posting_conditions]).verdicts(pair.user_conditions)
    return verdicts_of(int(filter_code(codes)[0]))


def _relevance(exact: np.float32, parts: Parts, skills: SkillMatch, score: int, posting: PostingFacts) -> float:
    # The vendor states skills, whether or not the CV names any to compare them with.
    states = bool(skills.hits or skills.missing) and not posting.skills_are_derived
    found = relevance(
        np.array([exact], np.float32),
        np.array([-1 if parts.industry is None else parts.industry], np.int16),
        np.array([skills.tenths], np.float32),
        np.array([skills.asked], np.int32),
        np.array([score], np.float32),
        np.array([states]),
    )
    return float(found[0])
