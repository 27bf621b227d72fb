"""The comparison of a posting's skills with a CV's.

`skill_table.py` knows which surfaces mean the same; `core/matching/scoring.py` knows the weight of a hit.
"""

import functools
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from jobmatch_dagster.core.vocabulary.skill_table import (
    canonical,
    name_in_table,
    related_skills,
    skills_of_same_category,
    without_proficiency,
)

HitKind = Literal["exact", "alias", "fuzzy", "related", "similar", "category"]
# "similar" is related by vectors (`similar_skills.py`), where the table has no rule.
CREDITS: Mapping[HitKind, float] = {
    "exact": 1.0, "alias": 1.0, "fuzzy": 1.0, "related": 0.7, "similar": 0.7, "category": 0.4
}  # fmt: skip

_TENTHS: Mapping[HitKind, int] = {kind: round(10 * credit) for kind, credit in CREDITS.items()}
FULL_CREDIT_TENTHS = _TENTHS["exact"]

# These kinds answer with a neighbour of the skill.
RELATED_KINDS: frozenset[HitKind] = frozenset({"related", "similar"})


class SkillHit(NamedTuple):
    """A skill of the posting and the skill of the CV that answers it, both in their own spelling."""

    kind: HitKind
    job_skill: str
    cv_skill: str

    @property
    def credit(self) -> float:
        """How much the hit counts, 0 to 1."""
        return CREDITS[self.kind]


class SkillMatch(NamedTuple):
    """The comparison of a posting's skills with a CV's, in their own spelling. Each skill counts once.

    Attributes:
        hits: the posting's skills that a skill of the CV answers.
        matching: those of them that the CV names itself (exact, alias or fuzzy).
        missing: the posting's skills that no skill of the CV answers.
        offered: all skills of the CV.
    """

    hits: tuple[SkillHit, ...]
    matching: tuple[str, ...]
    missing: tuple[str, ...]
    offered: tuple[str, ...]

    @property
    def asked(self) -> int:
        """Number of skills that the CV is compared with; 0 if either side names none."""
        return len(self.hits) + len(self.missing) if self.offered else 0

    def tenths(self, weights: Mapping[str, int]) -> int:
        """Credit of all hits in tenths, times the weight of each skill by its id.

        Whole numbers: the order of the skills cannot change the sum.
        """
        return sum(_TENTHS[hit.kind] * weights[canonical(hit.job_skill)] for hit in self.hits)

    @property
    def additional(self) -> list[str]:
        """The CV's skills that answer no skill of the posting."""
        answering = {hit.cv_skill for hit in self.hits}
        return [surface for surface in self.offered if surface not in answering]

    @property
    def summary(self) -> str:
        """For people: "70.0 % (7/10)", which counts the matching skills, or "unknown"."""
        if not self.asked:
            return "unknown"
        shown = len(self.matching)
        return f"{100 * shown / self.asked:.1f} % ({shown}/{self.asked})"


Similar = Mapping[str, Sequence[str]]
"""For names of the table, the similar skills outside it (`similar_skills.by_name`)."""
NONE_SIMILAR: Similar = {}


class OfferedSkills(NamedTuple):
    """The skills of a CV, ready to be compared with many postings.

    Attributes:
        surfaces: the CV's skills, each once, in its spelling.
        answers: for each skill that the CV answers, the kind of answer (None: the skill itself) and the CV's surface.
    """

    surfaces: tuple[str, ...]
    answers: Mapping[str, tuple[HitKind | None, str]]

    def tenths(self) -> dict[str, int]:
        """The credit in tenths for each skill that the CV answers."""
        return {
            skill_id: _TENTHS["exact"] if kind is None else _TENTHS[kind]
            for skill_id, (kind, _) in self.answers.items()
        }


NOTHING_OFFERED = OfferedSkills((), {})


def offer_skills(cv_skills: Sequence[str] | None, similar: Similar = NONE_SIMILAR) -> OfferedSkills:
    """Find what the skills of a CV answer: themselves and their neighbours. The best answer counts."""
    offered = skills_by_id(cv_skills)
    answers: dict[str, tuple[HitKind | None, str]] = {
        skill_id: (None, surface) for skill_id, surface in offered.items()
    }
    for skill_id, surface in offered.items():
        for other in related_skills(skill_id):
            answers.setdefault(other, ("related", surface))
    for skill_id, surface in offered.items():
        for other in similar.get(skill_id, ()):
            answers.setdefault(other, ("similar", surface))
    for skill_id, surface in offered.items():
        for other in skills_of_same_category(skill_id):
            answers.setdefault(other, ("category", surface))
    return OfferedSkills(tuple(offered.values()), answers)


def match_skills(wanted: Mapping[str, str], offered: OfferedSkills) -> SkillMatch:
    """Compare the skills of a posting (`skills_by_id`) with a CV's."""
    if not offered.surfaces:
        return SkillMatch((), (), tuple(wanted.values()), ())
    hits: list[SkillHit] = []
    matching: list[str] = []
    missing: list[str] = []
    answers = offered.answers
    for skill_id, surface in wanted.items():
        answer = answers.get(skill_id)
        if answer is None:
            missing.append(surface)
            continue
        kind, own = answer
        if kind is None:
            kind = _same_kind(surface, own)
            matching.append(surface)
        hits.append(SkillHit(kind, surface, own))
    return SkillMatch(tuple(hits), tuple(matching), tuple(missing), offered.surfaces)


def compare_skills(
    job_skills: Sequence[str] | None, cv_skills: Sequence[str] | None, similar: Similar = NONE_SIMILAR
) -> SkillMatch:
    """Compare two lists of skills. Each skill counts once, however often and in whatever spelling it is named."""
    return match_skills(skills_by_id(job_skills), offer_skills(cv_skills, similar))


def skill_ids(skills: Sequence[str] | None) -> list[str]:
    """Canonical ids of a list of skills, each once, in order."""
    return list(skills_by_id(skills))


def skills_by_id(skills: Sequence[str] | None) -> dict[str, str]:
    """The first surface of each skill of a list, by its canonical id, in order."""
    found: dict[str, str] = {}
    for surface in skills or ():
        if surface.strip():
            found.setdefault(canonical(surface), surface)
    return found


@functools.lru_cache(maxsize=200_000)
def _same_kind(job_surface: str, cv_surface: str) -> HitKind:
    if without_proficiency(job_surface) == without_proficiency(cv_surface):
        return "exact"
    return "alias" if name_in_table(job_surface) and name_in_table(cv_surface) else "fuzzy"
