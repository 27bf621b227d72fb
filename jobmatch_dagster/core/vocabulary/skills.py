"""Skills: which surfaces mean the same, which are similar, and where a text names them.

Belongs here: comparison and recognition. The table itself is data (`data/skills.toml`); the weight of a hit in a
match is in `core/matching/scoring.py`.
"""

import functools
import hashlib
import re
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Literal, NamedTuple

from rapidfuzz import fuzz, process

from jobmatch_dagster.core.vocabulary.esco import read_esco
from jobmatch_dagster.settings import MatchingSettings

HitKind = Literal["exact", "alias", "fuzzy", "related", "similar", "category"]
# "similar" is related by vectors (`similar_skills.py`), where the table has no rule.
CREDITS: Mapping[HitKind, float] = {
    "exact": 1.0, "alias": 1.0, "fuzzy": 1.0, "related": 0.7, "similar": 0.7, "category": 0.4
}  # fmt: skip

_TENTHS: Mapping[HitKind, int] = {kind: round(10 * credit) for kind, credit in CREDITS.items()}

# What is near to the thing itself.
RELATED_KINDS: frozenset[HitKind] = frozenset({"related", "similar"})

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
_WORDS = re.compile(r"[\w+#]+")
# A token may hold + # . inside; before and after it none of these, no letter and no digit.
_ATOM = re.compile(r"(?<![\w+#.])\.?[\w+#]+")
_NO_MORE = re.compile(r"(?![\w+#]|\.\w)")
_SEPARATOR = re.compile(r"^\s*(?:[,;|/•·:&()\[\]*\n\t–—-]|and\b|und\b|or\b|oder\b)", re.IGNORECASE)
_SEPARATOR_BEFORE = re.compile(r"(?:[,;|/•·:&()\[\]*\n\t–—-]|\band|\bund|\bor|\boder)\s*$|^\s*$", re.IGNORECASE)


class SkillHit(NamedTuple):
    """A skill of the posting that something in the CV answers, both in their own spelling."""

    kind: HitKind
    job_skill: str
    cv_skill: str

    @property
    def credit(self) -> float:
        """How far it counts, 0 to 1."""
        return CREDITS[self.kind]


class SkillMatch(NamedTuple):
    """The comparison of a posting's skills with a CV's, in their own spelling. Each skill counts once.

    Attributes:
        hits: the posting's skills that something in the CV answers.
        matching: those of them that the CV shows itself (exact, alias or fuzzy).
        missing: the posting's skills that nothing answers.
        offered: all skills of the CV.
    """

    hits: tuple[SkillHit, ...]
    matching: tuple[str, ...]
    missing: tuple[str, ...]
    offered: tuple[str, ...]

    @property
    def asked(self) -> int:
        """Number of skills that the CV is measured by; 0 when either side names none."""
        return len(self.hits) + len(self.missing) if self.offered else 0

    @property
    def tenths(self) -> int:
        """Credit of all hits in tenths, so that sums are exact whatever the order of the skills."""
        return sum(_TENTHS[hit.kind] for hit in self.hits)

    @property
    def additional(self) -> list[str]:
        """The CV's skills that answer nothing in the posting."""
        answering = {hit.cv_skill for hit in self.hits}
        return [surface for surface in self.offered if surface not in answering]

    @property
    def summary(self) -> str:
        """For people: "70.0 % (7/10)", counting what the CV shows, or "unknown"."""
        if not self.asked:
            return "unknown"
        shown = len(self.matching)
        return f"{100 * shown / self.asked:.1f} % ({shown}/{self.asked})"


def canonical(surface: str) -> str:
    """The skill that a surface means: a name of the table, or the levelled surface itself when unknown."""
    return _canonical(surface)


Similar = Mapping[str, Sequence[str]]
"""For names of the table, skills outside it that are alike (`similar_skills.by_name`)."""
NONE_SIMILAR: Similar = {}


class OfferedSkills(NamedTuple):
    """The skills of a CV, ready to be compared with many postings.

    Attributes:
        surfaces: the CV's skills, each once, in its spelling.
        answers: for each skill that the CV answers the kind of answer (None: the skill itself) and the CV's surface.
    """

    surfaces: tuple[str, ...]
    answers: Mapping[str, tuple[HitKind | None, str]]

    def tenths(self) -> dict[str, int]:
        """For each skill that the CV answers, its credit in tenths: the row of a CV in a block of pairs."""
        return {
            skill_id: _TENTHS["exact"] if kind is None else _TENTHS[kind]
            for skill_id, (kind, _) in self.answers.items()
        }


NOTHING_OFFERED = OfferedSkills((), {})


def offer_skills(cv_skills: Sequence[str] | None, similar: Similar = NONE_SIMILAR) -> OfferedSkills:
    """What the skills of a CV answer: themselves, and what is near to them; the best answer counts."""
    offered = skills_by_id(cv_skills)
    answers: dict[str, tuple[HitKind | None, str]] = {
        skill_id: (None, surface) for skill_id, surface in offered.items()
    }
    for skill_id, surface in offered.items():
        for other in _table().related.get(skill_id, ()):
            answers.setdefault(other, ("related", surface))
    for skill_id, surface in offered.items():
        for other in similar.get(skill_id, ()):
            answers.setdefault(other, ("similar", surface))
    for skill_id, surface in offered.items():
        for other in _category_members(_table().categories.get(skill_id)):
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
    """Compare two lists of skills; each skill counts once, however often and in whatever spelling it is named."""
    return match_skills(skills_by_id(job_skills), offer_skills(cv_skills, similar))


def skill_ids(skills: Sequence[str] | None) -> list[str]:
    """Canonical ids of a list of skills, each once, in order."""
    return list(skills_by_id(skills))


def find_skills(text: str) -> list[str]:
    """Skills of the table that a running text names, in its own spelling, each skill once, in order.

    Words that also mean something else ("Go", "R", "Excel") count only in an enumeration.
    """
    found: dict[str, str] = {}
    # Lower case keeps places only as long as it keeps lengths; the few texts where it does not are folded by letter.
    lowered = text.lower() if len(text.lower()) == len(text) else "".join(c.lower()[:1] for c in text)
    end_of_last = 0
    for start in _ATOM.finditer(lowered):
        if start.start() < end_of_last:
            continue
        for surface in _surfaces_by_atom().get(start[0], ()):
            end = start.start() + len(surface)
            if lowered.startswith(surface, start.start()) and _NO_MORE.match(lowered, end):
                break
        else:
            continue
        surface = text[start.start() : end]
        if _fold(surface) in _table().context_words and not _in_enumeration(text, start.start(), end):
            continue
        end_of_last = end
        found.setdefault(_canonical(surface), surface)
    return list(found.values())


def is_in_table(skill_id: str) -> bool:
    """Whether a canonical id is a name of the project's table (or of ESCO's, where that is read)."""
    return skill_id in _names_in_table()


def table_names() -> tuple[str, ...]:
    """The names of the project's own table, sorted."""
    return tuple(sorted(_table().categories))


@functools.cache
def _names_in_table() -> frozenset[str]:
    return frozenset(_table().ids.values())


@functools.cache
def skill_table_version() -> str:
    """First 8 hex digits of a SHA-256 over the table: with the same version the same surfaces mean the same."""
    table = _table()
    content = sorted(table.ids.items()), sorted(table.categories.items()), sorted(map(str, table.context_words))
    related = sorted((name, sorted(others)) for name, others in table.related.items())
    return hashlib.sha256(repr((content, related)).encode()).hexdigest()[:8]


@functools.cache
def skill_names_version() -> str:
    """First 8 hex digits of a SHA-256 over what surfaces are called: another one makes other texts to embed."""
    table = _table()
    content = sorted(table.ids.items()), sorted(table.written), sorted(map(str, table.context_words))
    return hashlib.sha256(repr(content).encode()).hexdigest()[:8]


@dataclass(frozen=True)
class _Table:
    ids: Mapping[str, str]
    """Surface, folded -> canonical name."""
    categories: Mapping[str, str]
    related: Mapping[str, frozenset[str]]
    context_words: frozenset[str]
    written: frozenset[str]
    """Surfaces in lower case, as running text has them ("schweißen", which levels to "schweissen")."""


@functools.cache
def _table() -> _Table:
    text = (resources.files("jobmatch_dagster.core.vocabulary") / "data" / "skills.toml").read_text(encoding="utf-8")
    data = tomllib.loads(text)
    groups = data.pop("related")["groups"]
    context = frozenset(_fold(word) for word in data.pop("context")["words"])
    ids: dict[str, str] = {}
    categories: dict[str, str] = {}
    written: set[str] = set()
    related: dict[str, frozenset[str]] = {}
    for category, skills in data.items():
        for name, aliases in skills.items():
            categories[name] = category
            for surface in (name, *aliases):
                ids[_fold(surface)] = name
                written.add(surface.lower())
    for name, others in _esco().items():
        # The project's own meaning of a surface goes before ESCO's.
        known = ids.get(_fold(name), name)
        for surface in (name, *others):
            ids.setdefault(_fold(surface), known)
    for group in groups:
        for name in group:
            related[name] = related.get(name, frozenset()) | frozenset(group) - {name}
    return _Table(ids, categories, related, context, frozenset(written))


def _esco() -> dict[str, list[str]]:
    """Labels of the ESCO files that the setting names, separated as in PATH; nothing without it."""
    paths = MatchingSettings.read().esco_skills
    return read_esco(paths) if paths else {}


def _fold(surface: str) -> str:
    """A surface without case, compatibility forms and extra blanks; + # . stay."""
    return _SPACE.sub(" ", unicodedata.normalize("NFKC", surface).casefold()).strip()


def _without_level_words(surface: str) -> str:
    """A folded surface without parentheses and words of level ("good knowledge of Excel (basics)": "excel")."""
    folded = _fold(surface)
    plain = _SPACE.sub(" ", _LEVEL_WORDS.sub(" ", _PARENTHESES.sub(" ", folded))).strip(" ,:;-–•*").rstrip(". ")
    return plain or folded


@functools.lru_cache(maxsize=200_000)
def _canonical(surface: str) -> str:
    known = _lookup(surface)
    if known is not None:
        return known
    key = _without_level_words(surface)
    if len(key) >= FUZZY_MIN_CHARACTERS:
        near = process.extract(key, _fuzzy_surfaces(), scorer=fuzz.ratio, score_cutoff=FUZZY_MIN_RATIO, limit=5)
        for known_surface, *_ in near:
            if _is_misspelling(key, known_surface):
                return _table().ids[known_surface]
    return key


def _is_misspelling(one: str, other: str) -> bool:
    """Whether two surfaces differ in long words alone: "sql databases" is no slip of "nosql databases"."""
    words, others = _WORDS.findall(one), _WORDS.findall(other)
    if "".join(words) == "".join(others):
        return True
    return len(words) == len(others) and all(
        a == b or min(len(a), len(b)) >= FUZZY_MIN_CHARACTERS for a, b in zip(words, others, strict=True)
    )


def _lookup(surface: str) -> str | None:
    """The table's name of a surface, as written or without its level; None when the table lacks it."""
    ids = _table().ids
    return ids.get(_fold(surface)) or ids.get(_without_level_words(surface))


@functools.cache
def _fuzzy_surfaces() -> list[str]:
    return [surface for surface in _table().ids if len(surface) >= FUZZY_MIN_CHARACTERS]


def skills_by_id(skills: Sequence[str] | None) -> dict[str, str]:
    """The first surface of each skill of a list, by what it means, in order."""
    found: dict[str, str] = {}
    for surface in skills or ():
        if surface.strip():
            found.setdefault(_canonical(surface), surface)
    return found


@functools.cache
def _category_members(category: str | None) -> tuple[str, ...]:
    """The skills of a category that says something; none of a category that is only a drawer."""
    if category is None or category in _LOOSE_CATEGORIES:
        return ()
    return tuple(name for name, of in _table().categories.items() if of == category)


@functools.lru_cache(maxsize=200_000)
def _same_kind(job_surface: str, cv_surface: str) -> HitKind:
    if _without_level_words(job_surface) == _without_level_words(cv_surface):
        return "exact"
    return "alias" if _lookup(job_surface) and _lookup(cv_surface) else "fuzzy"


@functools.cache
def _surfaces_by_atom() -> dict[str, list[str]]:
    """Surfaces as written in lower-cased text, longest first, by what they begin with."""
    found: dict[str, list[str]] = {}
    for surface in sorted(_table().written, key=len, reverse=True):
        if atom := _ATOM.match(surface):
            found.setdefault(atom[0], []).append(surface)
    return found


def _in_enumeration(text: str, start: int, end: int) -> bool:
    before, after = text[max(0, start - 12) : start], text[end : end + 12]
    starts = bool(_SEPARATOR_BEFORE.search(before))
    ends = not after.strip() or bool(_SEPARATOR.search(after)) or after.lstrip(" ")[:1] in ".\n"
    return starts and ends
