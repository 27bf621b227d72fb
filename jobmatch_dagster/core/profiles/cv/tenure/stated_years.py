"""Years of experience that a CV states: "more than eight years of experience", "seit über zehn Jahren tätig".

An amount counts if its sentence says that it is experience or work, and the person's own. So age, a warranty, the years
of an employer, a team or a mentee, and what an ad asks for do not count. "Almost ten years" is taken as ten.
"""

import functools
import re
from collections.abc import Iterable, Iterator

from jobmatch_dagster.core.profiles.cv.tenure.amounts import Amount, amount_begins, find_amounts, only_amount
from jobmatch_dagster.core.profiles.cv.word_lists import word_list

# How far from an amount the words may be that say what it is of.
_MAX_CHARACTERS = 200
# No line ends because its column is full before it has so many.
_MIN_WRAPPED_CHARACTERS = 20

# A full stop ends a sentence unless it is of an abbreviation.
_SENTENCE_END = re.compile(r"(?<!\bca)(?<!\bapprox)(?<!\bmind)(?<!\binkl)(?<!\bDr)[.!?](?=\s|\Z|[A-ZÄÖÜ])|[;•\n|]")
_GOES_ON = re.compile(r"[a-zäöüß]")
_OPEN_END = re.compile(
    r"(?:[,&(-]|\b(?:of|with|over|than|and|the|for|in|von|mit|über|als|und|seit|der|\d{1,2}\+?)|\w \w+ (?:years?|jahren?))\Z",
    re.IGNORECASE,
)
_DURATION_MARKS = " \t•*()."


def stated_years(lines: Iterable[str]) -> Iterator[tuple[float, str]]:
    """Each stated amount in years, with the words that state it. Lines that share a sentence are joined."""
    for line in _unwrapped(lines):
        for amount in find_amounts(line):
            if words := _stating_words(line, amount):
                yield amount.years, words


def durations(lines: Iterable[str]) -> Iterator[tuple[float, str]]:
    """Amounts that are a whole line about work: "3 yrs 6 mos"."""
    for line in lines:
        if amount := only_amount(line.strip(_DURATION_MARKS)):
            yield amount.years, line.strip()


def _unwrapped(lines: Iterable[str]) -> Iterator[str]:
    joined = ""
    for line in map(str.strip, lines):
        is_open = _GOES_ON.match(line) or (_OPEN_END.search(joined[-30:]) and line[:1].isalnum())
        if is_open and len(joined) >= _MIN_WRAPPED_CHARACTERS:
            joined = f"{joined} {line}"
        else:
            yield joined
            joined = line
    yield joined


def _stating_words(line: str, amount: Amount) -> str | None:
    """The words of the sentence that make the amount the person's experience; None if nothing does."""
    before = _SENTENCE_END.split(line[max(0, amount.start - _MAX_CHARACTERS) : amount.start])[-1]
    after = _SENTENCE_END.split(line[amount.end : amount.end + _MAX_CHARACTERS], maxsplit=1)[0]
    if _is_no_time_of_work(before, after) or _is_of_others(before, after):
        return None
    written = line[amount.start : amount.end]
    if found := _pattern("experience after").match(after):
        return None if _is_of_another_amount(before, after, found) else written + found[0]
    if found := _pattern("experience before").search(before):
        return found[0] + written
    if _pattern("age before").search(before) or _pattern("thing after").match(after):
        return None
    if is_since := _pattern("for").search(before):
        if found := _pattern("work before").search(before):
            return found[0] + written
        if found := _pattern("work after").match(after):
            return written + found[0]
    fields = _pattern("with").search(before) and _pattern("field after").match(after)
    return written + after if fields or (is_since and _pattern("german field after").match(after)) else None


def _is_no_time_of_work(before: str, after: str) -> bool:
    """Age, what was years ago or lasts without work, and what is no lower bound."""
    return bool(
        _pattern("no time after").match(after)
        or _pattern("no bound before").search(before)
        or _pattern("lasting before").search(before)
    )


def _is_of_another_amount(before: str, after: str, experience: re.Match[str]) -> bool:
    """Whether it is an age ("aged 25 years, experienced in …") or the experience has its own ("…, experience: 3 years")."""
    if after.lstrip().startswith("of "):
        return False
    is_next = "," in experience[0] and amount_begins(after, experience.end() + 1)
    return is_next or _pattern("age before").search(before) is not None


def _is_of_others(before: str, after: str) -> bool:
    """Whether the amount belongs to an employer, a team, a mentee or a reader."""
    if _pattern("possessive before").search(before):
        return True
    is_shared = _pattern("shared before").search(before) or _pattern("shared after").match(after)
    if is_shared or _pattern("asked").search(before) or _pattern("asked after").search(after):
        return not _pattern("self").search(before)
    owners = (_pattern(name).search(before) for name in ("owner before", "group before", "we before"))
    return any(owner and not _pattern("self").search(owner["rest"]) for owner in owners)


@functools.cache
def _pattern(name: str) -> re.Pattern[str]:
    """A pattern of the sentence around an amount. Those of what is before it end with it."""
    words = {
        key: rf"(?<!\w)(?:{'|'.join(patterns)})(?!\w)" for key, patterns in word_list("stated_years")["words"].items()
    }
    word = r"[\w'’./+&-]+\W+"
    plain_words = rf"(?:(?!{words['things']}|{words['subjects']}){word})"
    experience = rf"(?!{words['other_experience']}){words['experience']}"
    about = rf"(?:\W*{words['about']})*\W*\Z"
    patterns = {
        "self": words["self"],
        # Whether it is a time of work at all.
        "no time after": rf"[\s-]*{words['no_time']}",
        "no bound before": rf"{words['no_bound']}\W*\Z|{words['units']}\s*(?:to|bis|or|oder|-|–)\W*\Z",
        "lasting before": rf"{words['lasting']}\W+(?:{word}){{0,4}}?{words['for']}{about}",
        "age before": rf"{words['age']}{about}",
        "thing after": rf"\W*(?:{word}){{0,3}}?{words['things']}",
        # What makes it experience.
        "experience after": rf"(?:['’]s?|s['’])?\W*{plain_words}{{0,8}}?{experience}",
        "experience before": rf"{experience}\W{{1,3}}(?:(?:for|in|is|von|seit|de)\b\W*)*{about}",
        "for": rf"{words['for']}{about}",
        "work before": rf"{words['work']}\W+(?:(?!{words['subjects']}){word}){{0,12}}\Z",
        "work after": rf"\W*(?:(?:i|ich|je)\W+(?:have\W+|habe\W+)?)?(?:{words['as_a']}|{plain_words}{{0,12}}?{words['work']})",
        "with": rf"(?:\A|{words['with']}){about}",
        "field after": rf"\W*{words['field']}",
        "german field after": rf"\W*{words['german_field']}",
        # Whose it is.
        "possessive before": rf"{words['owner_possessives']}(?:\W+\w+){{0,3}}\W*\Z",
        "owner before": rf"{words['owner_nouns']}(?:\s+{words['owner_places']}\s+\w+)?(?:,\s+(?:die|der|das)|,?\s+{words['owner_links']})(?P<rest>.*)\Z",
        "group before": rf"{words['groups']}\s+(?:of|von|aus)\b(?P<rest>.*\b(?:with|mit|having|who)\b.*)\Z",
        "we before": rf"{words['we']}(?P<rest>.*)\Z",
        "shared before": rf"{words['shared']}(?:\W+\w+){{0,3}}\W*\Z",
        "shared after": rf"\W*(?:\w+\W+){{0,3}}?{words['shared']}",
        "asked": words["asked"],
        "asked after": rf"{words['asked']}\W*\Z",
    }
    return re.compile(patterns[name], re.IGNORECASE)
