"""Years of experience that a CV states: "more than eight (8) years of experience", "seit über zehn Jahren tätig".

An amount counts if its sentence says that it is experience or work, and the person's own. So age, a warranty, the years
of an employer, a team or a mentee, and what an ad asks for do not count. Every amount is a lower bound: "5-7 years" and
"5+ years" are 5, "over a decade" is 10, and "almost ten years" is taken as ten.
"""

import functools
import re
from collections.abc import Iterable, Iterator

from jobmatch_dagster.core.profiles.cv.word_lists import word_list

_MAX_YEARS = 60
# How far from an amount the words may be that say what it is of.
_MAX_CHARACTERS = 200

# A full stop ends a sentence unless it is of an abbreviation.
_SENTENCE_END = re.compile(r"(?<!\bca)(?<!\bapprox)(?<!\bmind)(?<!\binkl)(?<!\bDr)[.!?](?=\s|\Z|[A-ZÄÖÜ])|[;•\n|]")
_GOES_ON = re.compile(r"[a-zäöüß]")
_OPEN_LINE = re.compile(
    r"(?:[,&(-]|\b(?:of|with|over|than|and|the|for|in|von|mit|über|als|und|seit|der|years?|jahren?|\d{1,2}\+?))\Z", re.I
)

# Words between "with" or "for" and the amount.
_ABOUT = (
    r"(?:\W*\b(?:well|over|more|than|about|around|nearly|almost|at|least|approximately|approx|circa|ca|some|roughly|total|of|an?|"
    r"full|good|solid|the|last|past|up|to|another|now|already|über|mehr|als|rund|etwa|fast|knapp|gute?|insgesamt|mindestens|"
    r"nun|mittlerweile|inzwischen|bereits|schon|den|letzten|vergangenen|plus|de|environ|presque)\b)*\W*\Z"
)
_FOR = re.compile(rf"\b(?:for|since|seit|depuis|pendant|during|past|last|from|than){_ABOUT}", re.IGNORECASE)
_WITH = re.compile(
    rf"(?:\A|\b(?:with|mit|having|has|have|had|habe|bring\w*|offer\w*|over|than|über|als|avec|spent|gained)){_ABOUT}",
    re.I,
)
_AGE = re.compile(rf"\b(?:age|aged|alter|i am|i['’]m|ich bin){_ABOUT}", re.IGNORECASE)
# "Vor zehn Jahren", "less than a year", and the upper bound of "6 months to 1 year".
_NOT_AN_AMOUNT = re.compile(
    r"\b(?:vor|less than|under|weniger als|unter|(?:months?|years?|monate?n?|jahre?n?)\s*(?:to|bis|or|oder|-|–))\W*\Z",
    re.I,
)
# "8 years in software development", "10 Jahre als Köchin", "12 years of teaching".
_FIELD = re.compile(
    r"\W*(?:in|as|als|im|within|auf|dans|comme|en tant que|of (?:\w+ ){0,2}?(?!being|living|learning|schooling|studying)\w+ing)\b",
    re.IGNORECASE,
)
_UNIT = (
    r"(?P<unit>years?|yrs?|y|j(?=\.)|jahre?[ns]?|jährige?[nrms]?|ans|an(?= d['’])|années?|"
    r"months?|mos?|mths?|monate?n?|monatige?[nrms]?|mois|decades?|jahrzehnte?n?|décennies?)(?!\w)"
)
_HAS_UNIT = re.compile(rf"(?<![^\W\d_]){_UNIT}|jährig|monatig", re.IGNORECASE)


def stated_years(lines: Iterable[str]) -> Iterator[tuple[float, str]]:
    """Each stated amount in years, with the words that state it. Lines that share a sentence are joined."""
    for line in _unwrapped(lines):
        for match in _amount().finditer(line) if _HAS_UNIT.search(line) else ():
            years = _years(match)
            if 0 < years <= _MAX_YEARS and (words := _stating_words(line, match)):
                yield years, words


def durations(lines: Iterable[str]) -> Iterator[tuple[float, str]]:
    """Amounts that are a whole line about work: "3 yrs 6 mos"."""
    for line in lines:
        if (match := _amount().fullmatch(line.strip(" \t•*()."))) and 0 < _years(match) <= _MAX_YEARS:
            yield _years(match), line.strip()


def _unwrapped(lines: Iterable[str]) -> Iterator[str]:
    joined = ""
    for line in map(str.strip, lines):
        if joined and (_GOES_ON.match(line) or (_OPEN_LINE.search(joined[-20:]) and line[:1].isalnum())):
            joined = f"{joined} {line}"
        else:
            yield joined
            joined = line
    yield joined


def _years(match: re.Match[str]) -> float:
    unit = match["unit"].casefold()
    months_each = 120 if unit.startswith(("dec", "déc", "jahrz")) else 1 if unit.startswith("m") else 12
    count = _number(match["count"]) + (0.5 if match["half"] else 0)
    return round((count * months_each + int(match["months"] or 0)) / 12, 1)


def _number(text: str) -> float:
    folded = " ".join(text.casefold().replace("-", " ").split())
    if folded in _number_words():
        return _number_words()[folded]
    digits = folded.replace("½", " ").removesuffix(" 1/2").strip()
    return (float(digits.replace(",", ".")) if digits else 0.0) + (0.5 if digits != folded else 0.0)


def _stating_words(line: str, match: re.Match[str]) -> str | None:
    """The words of the sentence that make the amount the person's experience; None if nothing does."""
    before = _SENTENCE_END.split(line[max(0, match.start() - _MAX_CHARACTERS) : match.start()])[-1]
    after = _SENTENCE_END.split(line[match.end() : match.end() + _MAX_CHARACTERS], maxsplit=1)[0]
    if _near("no_time").match(after) or _NOT_AN_AMOUNT.search(before) or _near("thing before").search(before):
        return None
    if _is_of_others(before, after):
        return None
    if found := _near("experience after").match(after):
        is_other = _AGE.search(before) or ("," in found[0] and _amount().match(after, found.end() + 1))
        return None if is_other and not after.lstrip().startswith("of ") else match[0] + found[0]
    if found := _near("experience before").search(before):
        return found[0] + match[0]
    if _AGE.search(before) or _near("thing after").match(after):
        return None
    if _FOR.search(before):
        if found := _near("work before").search(before):
            return found[0] + match[0]
        if found := _near("work after").match(after):
            return match[0] + found[0]
    if _WITH.search(before) and _FIELD.match(after):
        return match[0] + after
    return None


def _is_of_others(before: str, after: str) -> bool:
    """Whether the amount belongs to an employer, a team, a mentee or a reader."""
    if _near("possessive").search(before) or _near("shared").search(before) or _near("shared after").match(after):
        return True
    if _near("asked").search(before) or _near("asked").search(after):
        return not _near("self").search(before)
    owner = _near("owner").search(before) or _near("group").search(before) or _near("we").search(before)
    return owner is not None and not _near("self").search(owner["rest"])


@functools.cache
def _near(name: str) -> re.Pattern[str]:
    """The patterns of the sentence around an amount, made of `stated_years.toml`."""
    words = {
        key: f"(?<!\\w)(?:{'|'.join(patterns)})(?!\\w)" for key, patterns in word_list("stated_years")["words"].items()
    }
    some_words = rf"(?:(?!{words['things']}|{words['subjects']})[\w'’./+&-]+\W+)"
    experience = rf"(?!{words['other_experience']}){words['experience']}"
    patterns = {
        "no_time": r"[\s-]*(?:old|alt|ago|of age|young|jung|later|später)\b",
        "experience after": rf"(?:['’]s?|s['’])?\W*{some_words}{{0,8}}?{experience}",
        "experience before": rf"{experience}\W{{1,3}}(?:(?:for|in|is|von|seit|de)\b\W*)*{_ABOUT}",
        "work before": rf"{words['work']}\W+{some_words}{{0,12}}\Z",
        "work after": rf"\W*(?:(?:i|ich|je)\W+(?:have\W+|habe\W+)?)?(?:{words['as_a']}|{some_words}{{0,12}}?{words['work']})",
        "thing after": rf"\W*(?:[\w'’-]+\W+){{0,3}}?{words['things']}",
        "thing before": rf"{words['things']}\W+{some_words}{{0,4}}(?:for|since|seit|depuis){_ABOUT}",
        "possessive": rf"{words['owner_possessives']}(?:\W+\w+){{0,3}}\W*\Z",
        "shared": rf"{words['shared']}(?:\W+\w+){{0,3}}\W*\Z",
        "shared after": rf"\W*(?:\w+\W+){{0,3}}?{words['shared']}",
        "asked": words["asked"],
        "self": words["self"],
        "owner": rf"{words['owner_nouns']}(?:\s+(?:in|from|based in|aus|bei|für)\s+\w+)?(?:,\s+(?:die|der|das)|,?\s+{words['owner_links']})(?P<rest>.*)\Z",
        "we": rf"{words['we']}(?P<rest>.*)\Z",
        "group": rf"{words['groups']}\s+(?:of|von|aus)\b(?P<rest>.*\b(?:with|mit|having|who)\b.*)\Z",
    }
    return re.compile(patterns[name], re.IGNORECASE)


@functools.cache
def _amount() -> re.Pattern[str]:
    """An amount of years: "8", "1 ½", "twenty-five", "eight (8)", "5-7", "10+", with months after it."""
    longest_first = sorted(_number_words(), key=len, reverse=True)
    word = "|".join(re.escape(word).replace(r"\ ", r"[\s-]+").replace("ss", "(?:ss|ß)") for word in longest_first)
    number = rf"(?:\d{{1,2}}(?:[.,]\d{{1,2}})?(?:\s?½|\s1/2)?|½|(?:{word})(?=\W|jährig|monatig))"
    return re.compile(
        rf"(?<![\w.,/–-])(?P<count>{number})(?:\s*\(\s*{number}\s*\+?\s*\))?(?:\s*(?:-|–|—|to|bis|or|oder|à)\s*{number})?"
        rf"\s*(?:\+|plus\b)?\s*-?\s*(?:(?:or|and|und|oder) (?:more|mehr)\s+|(?:full|good|solid|long|volle?n?|gute?n?)\s+)?{_UNIT}(?:(?<![a-zäöüß]{{4}})\.)?"
        r"(?P<half>\s+and a half|\s+et demie?)?(?:\s*(?:and|und|et|,|&)?\s*(?P<months>\d{1,2})\s*(?:months?|mos?|mths?|monate?n?|mois|m)\b\.?)?\s*(?:\+|plus\b)?",
        re.IGNORECASE,
    )


@functools.cache
def _number_words() -> dict[str, float]:
    """Numbers in words, in lower case and with blanks for hyphens."""
    lists = word_list("stated_years")["numbers"]
    words: dict[str, float] = dict(lists["other"])
    for language in ("english", "german", "french"):
        units = dict(zip((word.replace("-", " ") for word in lists[language]), range(1, 20), strict=True))
        tens = dict(zip(lists[f"{language}_tens"], range(20, 60, 10), strict=False))
        digits = {word: number for word, number in units.items() if number <= 9}
        join = "{1}und{0}" if language == "german" else "{0} {1}"
        words |= units | tens
        words |= {join.format(ten, digit): tens[ten] + digits[digit] for ten in tens for digit in digits}
        if language != "french":
            half = "{}einhalb" if language == "german" else "{} and a half"
            words |= {half.format(digit): number + 0.5 for digit, number in digits.items()}
    return {word.casefold(): number for word, number in words.items()}
