"""Readers of single values: from JSON of the vendor to the type of a column, or an error that says why not."""

import json
import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

from jobmatch_dagster.core.currencies import currency_code
from jobmatch_dagster.core.html import html_text, without_markup
from jobmatch_dagster.core.json_values import JsonValue
from jobmatch_dagster.core.posting import SALARY_UNITS
from jobmatch_dagster.core.text import clean_block, clean_line, once
from jobmatch_dagster.errors import InputError

MAX_LINE_CHARACTERS = 2_000
# PostgreSQL's GIN index takes items of up to 2,700 bytes; a character has up to four.
MAX_ITEM_CHARACTERS = 600
MAX_TEXT_CHARACTERS = 200_000
MAX_ITEMS = 1_000
MAX_JSON_CHARACTERS = 100_000
# A decimal may have any exponent; written out, a large one would fill the memory.
_MAX_DECIMALS = 20
# Outside these years the vendor's clock or the ad is wrong.
_FIRST_YEAR, _LAST_YEAR = 1990, 2100
_MAX_NUMBER_CHARACTERS = 50
_THOUSANDS = re.compile(r"[1-9]\d{0,2}(?:[.,]\d{3})+")
# What stands around a number: symbols and codes of currencies, "ab", "ca.".
_AROUND_NUMBER = re.compile(r"^[^\d+-]+|(?<=\d)\s*(?![kK]\b)[^\d\s.,'\u2019]+\.?$|(?<=[kK])\s*[^\d\s]+$|[.,]-+$")
_UNITS = {
    "HOUR": "hour hours hourly hr hrs hur std stunde stunden stündlich stundenlohn h ph",
    "DAY": "day days daily tag tage täglich diem tagessatz",
    "WEEK": "week weeks weekly wk woche wochen wöchentlich",
    "MONTH": "month months monthly mon mth mo monat monate monatlich monatsgehalt",
    "YEAR": "year years yearly annual annually annum ann yr jahr jahre jährlich jahresgehalt pa",
}
_UNIT_WORDS = {word: unit for unit, words in _UNITS.items() for word in words.split()}
# With one of these it is another time: "two_weeks", "biweekly".
_OTHER_TIMES = frozenset({"two", "bi", "biweekly", "semi", "half", "fortnight", "quarter", "zwei", "halb"})
_FRACTION = re.compile(r"\.(\d{1,9})(?=$|[Z+-])")
_ZONE_WORD = re.compile(r"\s*\b(?:UTC|GMT)$", re.IGNORECASE)
_EMPTY_WORDS = frozenset({"", "none", "null", "nan", "n/a"})

Reader = Callable[[JsonValue], object]


class UnusableValueError(InputError):
    """A value that its field cannot take; the message says what is wrong and what is accepted."""


def is_empty_word(text: str) -> bool:
    """Whether a text is empty, or a word that sources write instead of a missing value."""
    return text.strip().casefold() in _EMPTY_WORDS


def read_id(value: JsonValue) -> str | None:
    """An id: digits as text (G1) or an integer (G2)."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise UnusableValueError(f"{_kind(value)} instead of a string or an integer")
    text = clean_line(str(value))
    if len(text) > 100:
        raise UnusableValueError(f"{len(text)} characters; an id has at most 100")
    return text or None


def read_line(value: JsonValue) -> str | None:
    """Text of one line; None if it is empty or says "null"."""
    text = clean_line(_text(value)[: MAX_LINE_CHARACTERS * 4])
    if is_empty_word(text):
        return None
    if len(text) > MAX_LINE_CHARACTERS:
        raise UnusableValueError(f"{len(text):,} characters; at most {MAX_LINE_CHARACTERS:,} are kept")
    return text


def read_name(value: JsonValue) -> str | None:
    """A line that people wrote, such as a company's name, without markup."""
    return read_line(_without_markup(_text(value)[: MAX_LINE_CHARACTERS * 4]))


def read_title(value: JsonValue) -> str | None:
    """A title without markup, line breaks and repetition."""
    return read_line(once(_without_markup(_text(value)[: MAX_LINE_CHARACTERS * 4])))


def read_text(value: JsonValue) -> str | None:
    """Text of several lines without markup, cut at `MAX_TEXT_CHARACTERS`."""
    return _block(_without_markup(_text(value)[:MAX_TEXT_CHARACTERS]))


def read_html(value: JsonValue) -> str | None:
    """Text of a web page, cleaned and cut as by `read_text`."""
    try:
        return _block("".join(html_text(_text(value))))
    except AssertionError:  # the standard library asserts on broken declarations
        raise UnusableValueError("no web page") from None


def _block(text: str) -> str | None:
    return clean_block(text[:MAX_TEXT_CHARACTERS]) or None


def _without_markup(text: str) -> str:
    try:
        return without_markup(text)
    except AssertionError:  # the standard library asserts on broken declarations
        return text


def read_time(value: JsonValue) -> datetime | None:
    """A time in ISO 8601 with 0 to 9 fraction digits; UTC if it has no zone."""
    text = _ZONE_WORD.sub("+00:00", clean_line(_text(value)))
    if is_empty_word(text):
        return None
    try:
        # The vendor sends zero to six fraction digits; Python reads exactly six.
        moment = datetime.fromisoformat(_FRACTION.sub(lambda m: "." + m[1][:6].ljust(6, "0"), text))
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise UnusableValueError("no date; expected ISO 8601 such as 2026-01-31T08:00:00") from None
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        raise UnusableValueError(f"year {moment.year}; expected {_FIRST_YEAR} to {_LAST_YEAR}")
    return moment


def read_amount(value: JsonValue) -> Decimal | None:
    """A number of zero or more, such as an amount of money."""
    if value is None or (isinstance(value, str) and is_empty_word(value)):
        return None
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise UnusableValueError(f"{_kind(value)} instead of a number")
    try:
        number = _parsed(value) if isinstance(value, str) else Decimal(str(value))
    except InvalidOperation:
        raise UnusableValueError("text instead of a number") from None
    if not number.is_finite() or not 0 <= number < 10**15:
        raise UnusableValueError("not a number from 0 to 10^15")
    if int(number.as_tuple().exponent) < -_MAX_DECIMALS:
        raise UnusableValueError(f"more than {_MAX_DECIMALS} decimals")
    return number


def read_money(value: JsonValue) -> Decimal | None:
    """An amount of money; zero is what sources send for an amount that is not stated."""
    return read_amount(value) or None


def _parsed(text: str) -> Decimal:
    """A number as people write it: "60.000", "52,845.50", "45.000,00", "80k", "€ 60 000"."""
    if len(text) >= _MAX_NUMBER_CHARACTERS:
        return Decimal("NaN")
    written = _AROUND_NUMBER.sub("", text.strip())
    thousand = written[-1:] in ("k", "K")
    digits = written[:-1] if thousand else written
    digits = re.sub(r"(?<=\d)[\s'\u2019\u00a0\u202f](?=\d{3}\b)", "", digits)
    if digits.count(",") and digits.count("."):
        decimal = max(digits.rfind(","), digits.rfind("."))
        digits = re.sub(r"[.,]", "", digits[:decimal]) + "." + digits[decimal + 1 :]
    elif _THOUSANDS.fullmatch(digits):
        digits = re.sub(r"[.,]", "", digits)
    else:
        digits = digits.replace(",", ".", 1)
    return Decimal(digits) * (1_000 if thousand else 1)


def read_currency(value: JsonValue) -> str | None:
    """A currency by its ISO code; symbols and names of currencies are codes too. Other words stay as they are."""
    line = read_line(value)
    return None if line is None else currency_code(line)


def read_salary_unit(value: JsonValue) -> str | None:
    """The time that a salary is for, by any common spelling in English and German."""
    line = read_line(value)
    if line is None:
        return None
    words = re.findall(r"[^\W\d_]+|\d+", line.casefold())
    found = {_UNIT_WORDS[word] for word in words if word in _UNIT_WORDS}
    if len(found) != 1 or any(word in _OTHER_TIMES or word.isdigit() for word in words):
        raise UnusableValueError(f"none of {', '.join(SALARY_UNITS)}")
    return found.pop()


def read_integer(low: int, high: int) -> Reader:
    """A reader of whole numbers from `low` to `high`."""

    def read(value: JsonValue) -> int | None:
        number = read_amount(value)
        if number is None:
            return None
        if number != number.to_integral_value() or not low <= number <= high:
            raise UnusableValueError(f"not a whole number from {low} to {high}")
        return int(number)

    return read


def read_flag(value: JsonValue) -> bool | None:
    """True or false, as JSON values or as words."""
    if value is None or isinstance(value, bool):
        return value
    word = clean_line(_text(value)).casefold()
    if is_empty_word(word):
        return None
    if word not in ("true", "false"):
        raise UnusableValueError("neither true nor false")
    return word == "true"


def read_choice(choices: tuple[str, ...]) -> Reader:
    """A reader of one of these words, whatever the case, blanks and hyphens."""
    known = {_letters(choice): choice for choice in choices}

    def read(value: JsonValue) -> str | None:
        word = clean_line(_text(value)).casefold()
        if is_empty_word(word):
            return None
        if _letters(word) not in known:
            raise UnusableValueError(f"none of {', '.join(choices)}")
        return known[_letters(word)]

    return read


def _letters(word: str) -> str:
    return re.sub(r"[^\w+]|_", "", word.casefold())


def read_list(value: JsonValue) -> list[str] | None:
    """A list of lines without empty and repeated ones, whatever their case; a bare string is a list of one.

    Items that are no line are left out; a list of nothing else is unusable.
    """
    if value is None:
        return None
    items = [value] if isinstance(value, str) else value
    if not isinstance(items, list):
        raise UnusableValueError(f"{_kind(value)} instead of a list of strings")
    if len(items) > MAX_ITEMS:
        raise UnusableValueError(f"{len(items):,} items; at most {MAX_ITEMS:,} are kept")
    lines: dict[str, str] = {}
    unusable = 0
    for item in items:
        line = _item(item)
        unusable += line is None and item is not None
        if line:
            lines.setdefault(line.casefold(), line)
    if unusable and not lines:
        raise UnusableValueError(f"a list without a string of up to {MAX_ITEM_CHARACTERS} characters")
    return list(lines.values()) or None


def read_kinds(value: JsonValue) -> list[str] | None:
    """A list of words such as FULL_TIME; a string may name several."""
    return read_list(re.split(r"[,;|/]", value) if isinstance(value, str) else value)


def _item(value: JsonValue) -> str | None:
    """An item of a list as a line, "" when empty; None when it is no line of usual length."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    try:
        line = read_line(value) or ""
    except UnusableValueError:
        return None
    return line if len(line) <= MAX_ITEM_CHARACTERS else None


def read_places(value: JsonValue) -> list[str] | None:
    """Places as strings (as sent) or as {city, admin, country} (as documented)."""
    if isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
        places = [item for item in value if isinstance(item, dict)]
        value = [
            ", ".join(str(place[part]) for part in ("city", "admin", "country") if place.get(part)) for place in places
        ]
    return read_list(value)


def read_coordinates(limit: float) -> Reader:
    """A reader of a list of degrees between -limit and limit, in the given order."""

    def read(value: JsonValue) -> list[float] | None:
        if value is None:
            return None
        if not isinstance(value, list) or len(value) > MAX_ITEMS:
            raise UnusableValueError("no list of degrees")
        if any(isinstance(item, bool) or not isinstance(item, int | float) for item in value):
            raise UnusableValueError("a list with items that are not numbers")
        degrees = [float(item) if abs(item) <= limit else math.nan for item in value]
        if any(math.isnan(item) for item in degrees):
            raise UnusableValueError(f"degrees beyond {limit:g}")
        return degrees or None

    return read


def read_json(kind: type) -> Reader:
    """A reader of nested JSON (dict or list), cleaned for PostgreSQL's jsonb."""

    def read(value: JsonValue) -> JsonValue:
        if value is None or value in ("", [], {}):
            return None
        if not isinstance(value, kind):
            raise UnusableValueError(f"{_kind(value)} instead of a {_kind(kind())}")
        return storable(value)

    return read


def storable(value: JsonValue) -> JsonValue:
    """A JSON value that PostgreSQL's jsonb takes: text cleaned, NaN and infinity as null, size limited."""
    cleaned = _storable(value, depth=0)
    if len(json.dumps(cleaned)) > MAX_JSON_CHARACTERS:
        raise UnusableValueError(f"more than {MAX_JSON_CHARACTERS:,} characters of JSON")
    return cleaned


def _storable(value: JsonValue, depth: int) -> JsonValue:
    if depth > 20:
        raise UnusableValueError("nested deeper than 20 levels")
    if isinstance(value, str):
        return clean_block(value[:MAX_TEXT_CHARACTERS])
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {clean_line(str(key))[:200]: _storable(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        return [_storable(item, depth + 1) for item in value]
    return value


def _text(value: JsonValue) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise UnusableValueError(f"{_kind(value)} instead of a string")
    return value


def _kind(value: JsonValue) -> str:
    names = {dict: "an object", list: "a list", str: "a string", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")


read_count = read_integer(0, 2**31 - 1)
read_office_days = read_integer(0, 7)
read_weekly_hours = read_integer(0, 7 * 24)
read_latitudes = read_coordinates(90)
read_longitudes = read_coordinates(180)
read_salary = read_json(dict)
