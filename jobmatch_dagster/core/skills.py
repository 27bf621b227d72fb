"""Skills: which surfaces mean the same, which are alike, and where they stand in a text.

Put here comparison and recognition. The table itself is data (`data/skills.toml`); how much a hit weighs in the
match stands in `scoring.py`.
"""

import functools
import re
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Literal

from rapidfuzz import fuzz, process

HitKind = Literal["exact", "alias", "fuzzy", "related", "category"]
CREDITS: Mapping[HitKind, float] = {"exact": 1.0, "alias": 1.0, "fuzzy": 1.0, "related": 0.7, "category": 0.4}

# Below these a likeness of spelling says nothing: "java" and "javascript", "c" and "c++" are other things.
FUZZY_MIN_RATIO = 90
FUZZY_MIN_CHARACTERS = 5
# Alike by category says nothing where the category is only a drawer for many unlike things.
_LOOSE_CATEGORIES = frozenset({"personal", "languages_spoken", "management", "trades", "healthcare"})

_PARENTHESES = re.compile(r"\([^)]*\)")
_LEVEL_WORDS = re.compile(
    r"\b(basic|basics|advanced|good|very good|solid|strong|excellent|expert|proficient|proficiency in|knowledge of|"
    r"experience (in|with)|kenntnisse( in)?|gute|sehr gute|grundkenntnisse( in)?|erfahrung (in|mit)|"
    r"fundierte|sichere[rn]? umgang mit)\b"
)
_SPACE = re.compile(r"\s+")
# A token may hold + # . inside; before and after it none of these, no letter and no digit.
_BEFORE, _AFTER = r"(?<![\w+#.])", r"(?![\w+#]|\.\w)"
_SEPARATOR = re.compile(r"^\s*(?:[,;|/•·:&()\[\]*\n\t–—-]|and\b|und\b|or\b|oder\b)", re.IGNORECASE)
_SEPARATOR_BEFORE = re.compile(r"(?:[,;|/•·:&()\[\]*\n\t–—-]|\band|\bund|\bor|\boder)\s*$|^\s*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class SkillHit:
    """A skill of the posting that something in the CV answers, both in their own spelling."""

    kind: HitKind
    job_skill: str
    cv_skill: str

    @property
    def credit(self) -> float:
        """How far it counts, 0 to 1."""
        return CREDITS[self.kind]


@dataclass(frozen=True, slots=True)
class SkillMatch:
    """The comparison of a posting's skills with a CV's; `share` is None when either side names none."""

    hits: tuple[SkillHit, ...]
    missing: tuple[str, ...]
    additional: tuple[str, ...]
    share: float | None

    @property
    def matching(self) -> list[str]:
        """The posting's skills that the CV shows (exact, alias or fuzzy), in the posting's spelling."""
        return [hit.job_skill for hit in self.hits if hit.credit == 1.0]

    @property
    def summary(self) -> str:
        """For people: "70.0 % (7/10)", counting what the CV shows, or "unknown"."""
        if self.share is None:
            return "unknown"
        total = len(self.hits) + len(self.missing)
        return f"{100 * len(self.matching) / total:.1f} % ({len(self.matching)}/{total})"


def canonical(surface: str) -> str:
    """The skill that a surface means: a name of the table, or the levelled surface itself when unknown."""
    return _canonical(surface)


def compare_skills(job_skills: Sequence[str] | None, cv_skills: Sequence[str] | None) -> SkillMatch:
    """Compare two lists of skills; each skill counts once, however often and in whatever spelling it is named."""
    wanted, offered = _by_id(job_skills), _by_id(cv_skills)
    if not wanted or not offered:
        return SkillMatch((), tuple(wanted.values()), tuple(offered.values()), None)
    hits, missing = [], []
    answering = set()  # skills of the CV that answer one of the posting's
    for skill_id, surface in wanted.items():
        best = _best_answer(skill_id, surface, offered)
        if best is None:
            missing.append(surface)
        else:
            hits.append(best[0])
            answering.add(best[1])
    additional = tuple(surface for skill_id, surface in offered.items() if skill_id not in answering)
    # In tenths, so that the order of the skills does not show in the last digit.
    share = sum(round(10 * hit.credit) for hit in hits) / (10 * len(wanted))
    return SkillMatch(tuple(hits), tuple(missing), additional, share)


def credits_of(cv_skills: Sequence[str] | None) -> dict[str, float]:
    """For each skill that a CV answers, how far: the row of a CV in the matching engine."""
    found: dict[str, float] = {}
    for skill_id in _by_id(cv_skills):
        for other, credit in _neighbours(skill_id).items():
            found[other] = max(credit, found.get(other, 0.0))
    return found


def skill_ids(skills: Sequence[str] | None) -> list[str]:
    """Canonical ids of a list of skills, each once, in order."""
    return list(_by_id(skills))


def find_skills(text: str) -> list[str]:
    """Skills of the table that a running text names, in its own spelling, each skill once, in order.

    Words that also mean something else ("Go", "R", "Excel") count only in an enumeration.
    """
    found: dict[str, str] = {}
    for match in _surface_pattern().finditer(text):
        surface = match[0]
        key = _level(surface)
        if key in _table().context_words and not _in_enumeration(text, match.start(), match.end()):
            continue
        found.setdefault(_canonical(surface), surface)
    return list(found.values())


@dataclass(frozen=True)
class _Table:
    ids: Mapping[str, str]
    """Levelled surface -> canonical name."""
    categories: Mapping[str, str]
    related: Mapping[str, frozenset[str]]
    context_words: frozenset[str]


@functools.cache
def _table() -> _Table:
    text = (resources.files("jobmatch_dagster.core") / "data" / "skills.toml").read_text(encoding="utf-8")
    data = tomllib.loads(text)
    groups = data.pop("related")["groups"]
    context = frozenset(_level(word) for word in data.pop("context")["words"])
    ids: dict[str, str] = {}
    categories: dict[str, str] = {}
    related: dict[str, frozenset[str]] = {}
    for category, skills in data.items():
        for name, aliases in skills.items():
            categories[name] = category
            for surface in (name, *aliases):
                ids[_level(surface)] = name
    for group in groups:
        for name in group:
            related[name] = related.get(name, frozenset()) | frozenset(group) - {name}
    return _Table(ids, categories, related, context)


def _level(surface: str) -> str:
    text = unicodedata.normalize("NFKC", surface).casefold()
    plain = _SPACE.sub(" ", _LEVEL_WORDS.sub(" ", _PARENTHESES.sub(" ", text))).strip(" ,:;-–•*").rstrip(". ")
    return plain or _SPACE.sub(" ", text).strip()


@functools.lru_cache(maxsize=200_000)
def _canonical(surface: str) -> str:
    table = _table()
    key = _SPACE.sub(" ", unicodedata.normalize("NFKC", surface).casefold()).strip()
    for candidate in (key, _level(surface)):
        if candidate in table.ids:
            return table.ids[candidate]
    key = _level(surface)
    if len(key) >= FUZZY_MIN_CHARACTERS:
        best = process.extractOne(key, _fuzzy_surfaces(), scorer=fuzz.ratio, score_cutoff=FUZZY_MIN_RATIO)
        if best:
            return table.ids[best[0]]
    return key


@functools.cache
def _fuzzy_surfaces() -> list[str]:
    return [surface for surface in _table().ids if len(surface) >= FUZZY_MIN_CHARACTERS]


def _by_id(skills: Sequence[str] | None) -> dict[str, str]:
    found: dict[str, str] = {}
    for surface in skills or ():
        if surface.strip():
            found.setdefault(_canonical(surface), surface)
    return found


@functools.lru_cache(maxsize=200_000)
def _neighbours(skill_id: str) -> Mapping[str, float]:
    """The skills that this one answers, and how far."""
    table = _table()
    found = {skill_id: CREDITS["exact"]}
    for other in table.related.get(skill_id, ()):
        found.setdefault(other, CREDITS["related"])
    category = table.categories.get(skill_id)
    if category and category not in _LOOSE_CATEGORIES:
        for other in _category_members(category):
            found.setdefault(other, CREDITS["category"])
    return found


@functools.cache
def _category_members(category: str) -> tuple[str, ...]:
    return tuple(name for name, of in _table().categories.items() if of == category)


def _best_answer(skill_id: str, surface: str, offered: Mapping[str, str]) -> tuple[SkillHit, str] | None:
    if skill_id in offered:
        return SkillHit(_same_kind(surface, offered[skill_id]), surface, offered[skill_id]), skill_id
    answers = _neighbours(skill_id)  # related and category are symmetric
    best = max((o for o in offered if o in answers), key=lambda o: answers[o], default=None)
    if best is None:
        return None
    kind: HitKind = "related" if answers[best] == CREDITS["related"] else "category"
    return SkillHit(kind, surface, offered[best]), best


def _same_kind(job_surface: str, cv_surface: str) -> HitKind:
    if _level(job_surface) == _level(cv_surface):
        return "exact"
    ids = _table().ids
    return "alias" if _level(job_surface) in ids and _level(cv_surface) in ids else "fuzzy"


@functools.cache
def _surface_pattern() -> re.Pattern[str]:
    surfaces = sorted(_table().ids, key=len, reverse=True)
    return re.compile(_BEFORE + "(?:" + "|".join(map(re.escape, surfaces)) + ")" + _AFTER, re.IGNORECASE)


def _in_enumeration(text: str, start: int, end: int) -> bool:
    before, after = text[max(0, start - 12) : start], text[end : end + 12]
    starts = bool(_SEPARATOR_BEFORE.search(before))
    ends = not after.strip() or bool(_SEPARATOR.search(after)) or after.lstrip(" ")[:1] in ".\n"
    return starts and ends
