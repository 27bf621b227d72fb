"""The skill table: which surfaces mean the same skill, and which skills are near to each other.

A surface is a skill in somebody's spelling. Its canonical id is the table's name for it, or the folded surface itself
if the table does not know it. `data/skills.toml` is the table. The labels of ESCO files extend it and never override
it; `use_esco` names the files when a process starts.
"""

import functools
import hashlib
import re
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from rapidfuzz import fuzz, process

from jobmatch_dagster.core.vocabulary.esco import read_esco

# Below these limits similar spelling says nothing: "java" is not "javascript", and "c" is not "c++".
_FUZZY_MIN_RATIO = 90
_FUZZY_MIN_CHARACTERS = 5
# These categories hold unlike skills, so two skills of one of them are not similar.
_LOOSE_CATEGORIES = frozenset({"personal", "languages_spoken", "management", "trades", "healthcare"})

_PARENTHESES = re.compile(r"\([^)]*\)")
_PROFICIENCY_WORDS = re.compile(
    r"\b(basic|basics|advanced|good|very good|solid|strong|excellent|expert|proficient|proficiency in|knowledge of|"
    r"experience (in|with)|kenntnisse( in)?|gute|sehr gute|grundkenntnisse( in)?|erfahrung (in|mit)|"
    r"fundierte|sichere[rn]? umgang mit)\b"
)
_SPACE = re.compile(r"\s+")
_WORDS = re.compile(r"[\w+#]+")
_esco_files: list[Path] = []


def use_esco(files: Sequence[Path]) -> None:
    """Extend the table with the labels of these ESCO files, for the rest of this process.

    Called when the process starts. The files are read when the table is first used.

    Raises:
        RuntimeError: if the table is already used with other files: what was derived from it would differ.
    """
    if list(files) == _esco_files:
        return
    if _table.cache_info().currsize:
        raise RuntimeError("the skill table is already used with other ESCO files: call use_esco first")
    _esco_files[:] = files


def esco_files() -> tuple[Path, ...]:
    """The ESCO files that extend the table in this process; a child process that reads skills needs the same."""
    return tuple(_esco_files)


def canonical(surface: str) -> str:
    """The canonical id of the skill that a surface means."""
    return _canonical(surface)


def name_in_table(surface: str) -> str | None:
    """The table's name for a surface, with or without its words of proficiency; None if the table lacks it."""
    ids = _table().ids
    return ids.get(_fold_text(surface)) or ids.get(without_proficiency(surface))


def without_proficiency(surface: str) -> str:
    """A folded surface without parentheses and words of proficiency ("good knowledge of Excel (basics)": "excel")."""
    folded = _fold_text(surface)
    plain = _SPACE.sub(" ", _PROFICIENCY_WORDS.sub(" ", _PARENTHESES.sub(" ", folded))).strip(" ,:;-–•*").rstrip(". ")
    return plain or folded


def is_in_table(skill_id: str) -> bool:
    """Whether a canonical id is a name of the project's table (or of ESCO's, where that is read)."""
    return skill_id in _names_with_esco()


def table_names() -> tuple[str, ...]:
    """The names of the project's own table, sorted."""
    return tuple(sorted(_table().categories))


def related_skills(skill_id: str) -> frozenset[str]:
    """The skills that the table calls related to this one."""
    return _table().related.get(skill_id, frozenset())


def skills_of_same_category(skill_id: str) -> tuple[str, ...]:
    """The skills in the category of this one; none where the category holds unlike skills."""
    return _category_members(_table().categories.get(skill_id))


def surfaces_in_text() -> frozenset[str]:
    """The surfaces of the project's own table in lower case, as running text has them."""
    return _table().written


def needs_context(surface: str) -> bool:
    """Whether a surface is also an ordinary word ("Go", "Excel"), so that running text may not mean the skill."""
    table = _table()
    return _fold_text(surface) in table.context_words or surface in table.lower_case_words


@functools.cache
def skill_table_version() -> str:
    """First 8 hex digits of a SHA-256 over the table: under the same version the same surfaces mean the same."""
    table = _table()
    content = (
        sorted(table.ids.items()),
        sorted(table.categories.items()),
        sorted(map(str, table.context_words | table.lower_case_words)),
    )
    related = sorted((name, sorted(others)) for name, others in table.related.items())
    return hashlib.sha256(repr((content, related)).encode()).hexdigest()[:8]


@functools.cache
def skill_names_version() -> str:
    """First 8 hex digits of a SHA-256 over the names of all surfaces: another version gives other texts to embed."""
    table = _table()
    content = (
        sorted(table.ids.items()),
        sorted(table.written),
        sorted(map(str, table.context_words | table.lower_case_words)),
    )
    return hashlib.sha256(repr(content).encode()).hexdigest()[:8]


@dataclass(frozen=True)
class _Table:
    ids: Mapping[str, str]
    """Folded surface -> canonical name."""
    categories: Mapping[str, str]
    related: Mapping[str, frozenset[str]]
    context_words: frozenset[str]
    lower_case_words: frozenset[str]
    written: frozenset[str]
    """Surfaces in lower case. Folding would turn "schweißen" into "schweissen", which no text has."""


@functools.cache
def _table() -> _Table:
    text = (resources.files("jobmatch_dagster.core.vocabulary") / "data" / "skills.toml").read_text(encoding="utf-8")
    data = tomllib.loads(text)
    groups = data.pop("related")["groups"]
    lists = data.pop("context")
    context = frozenset(_fold_text(word) for word in lists["words"])
    lower_case = frozenset(lists["lower_case"])
    ids: dict[str, str] = {}
    categories: dict[str, str] = {}
    written: set[str] = set()
    related: dict[str, frozenset[str]] = {}
    for category, skills in data.items():
        for name, aliases in skills.items():
            categories[name] = category
            for surface in (name, *aliases):
                ids[_fold_text(surface)] = name
                written.add(surface.lower())
    for name, others in read_esco(_esco_files).items():
        # The project's own meaning of a surface goes before ESCO's.
        known = ids.get(_fold_text(name), name)
        for surface in (name, *others):
            ids.setdefault(_fold_text(surface), known)
    for group in groups:
        for name in group:
            related[name] = related.get(name, frozenset()) | frozenset(group) - {name}
    return _Table(ids, categories, related, context, lower_case, frozenset(written))


def _fold_text(surface: str) -> str:
    """A surface without case, compatibility forms and extra blanks; + # . stay."""
    return _SPACE.sub(" ", unicodedata.normalize("NFKC", surface).casefold()).strip()


@functools.lru_cache(maxsize=200_000)
def _canonical(surface: str) -> str:
    known = name_in_table(surface)
    if known is not None:
        return known
    key = without_proficiency(surface)
    if len(key) >= _FUZZY_MIN_CHARACTERS:
        near = process.extract(key, _fuzzy_surfaces(), scorer=fuzz.ratio, score_cutoff=_FUZZY_MIN_RATIO, limit=5)
        for known_surface, *_ in near:
            if _is_misspelling(key, known_surface):
                return _table().ids[known_surface]
    return key


def _is_misspelling(one: str, other: str) -> bool:
    """Whether two surfaces differ only in long words: "sql databases" is no misspelling of "nosql databases"."""
    words, others = _WORDS.findall(one), _WORDS.findall(other)
    if "".join(words) == "".join(others):
        return True
    return len(words) == len(others) and all(
        a == b or min(len(a), len(b)) >= _FUZZY_MIN_CHARACTERS for a, b in zip(words, others, strict=True)
    )


@functools.cache
def _fuzzy_surfaces() -> list[str]:
    return [surface for surface in _table().ids if len(surface) >= _FUZZY_MIN_CHARACTERS]


@functools.cache
def _names_with_esco() -> frozenset[str]:
    return frozenset(_table().ids.values())


@functools.cache
def _category_members(category: str | None) -> tuple[str, ...]:
    if category is None or category in _LOOSE_CATEGORIES:
        return ()
    return tuple(name for name, of in _table().categories.items() if of == category)
