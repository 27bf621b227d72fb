"""Single values of a schema.org JobPosting, in the spellings that career pages use."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import NamedTuple

from jobmatch_dagster.core.json_values import JsonObject, JsonValue
from jobmatch_dagster.core.raw.field_readers import (
    MAX_TEXT_CHARACTERS,
    UnusableValueError,
    is_empty_word,
    read_money,
    read_salary_unit,
)
from jobmatch_dagster.core.text import clean_line

# Where the text of an object is, best first; "@value" is text with a language.
_TEXT_KEYS = ("@value", "value", "name", "legalName", "credentialCategory", "url", "contentUrl", "@id")
_MAX_ITEM_CHARACTERS = 60
_MAX_ITEM_WORDS = 6
_MAX_VALUES = 200
_SEPARATOR = re.compile(r"[,;•·|\n]|<br\s?/?>|</?li>|</?ul>", re.IGNORECASE)
_TYPES = {
    "fulltime": "FULL_TIME", "vollzeit": "FULL_TIME", "parttime": "PART_TIME", "teilzeit": "PART_TIME",
    "contractor": "CONTRACTOR", "contract": "CONTRACTOR", "freelance": "CONTRACTOR", "temporary": "TEMPORARY",
    "befristet": "TEMPORARY", "intern": "INTERN", "internship": "INTERN", "praktikum": "INTERN",
    "volunteer": "VOLUNTEER", "perdiem": "PER_DIEM", "other": "OTHER",
}  # fmt: skip
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_GERMAN_DAY = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
_SECONDS, _MILLISECONDS = re.compile(r"\d{10}"), re.compile(r"\d{13}")
_DAY_FORMATS = ("%B %d, %Y", "%b %d, %Y", "%d %B %Y", "%d %b %Y", "%Y/%m/%d", "%Y%m%d")
_MAX_MOMENT_CHARACTERS = 60
_RANGE = re.compile(r"\s*(?:-|–|—|\bto\b|\bbis\b)\s*")
_SIGN = re.compile(r"[€$£]|\b(?:EUR|USD|GBP|CHF|CAD|AUD|PLN|SEK|DKK|NOK|INR|JPY)\b", re.IGNORECASE)
_NOT_OF_A_UNIT = re.compile(r"[\d.,'€$£–—-]+k?|\b(?:EUR|USD|GBP|CHF|CAD|AUD|to|bis)\b", re.IGNORECASE)
_AFTER_AMOUNT = re.compile(r"(?:\b(?:per|pro|an?)\b|/).*$", re.IGNORECASE | re.DOTALL)
_MAX_PAY_CHARACTERS = 200


class Properties:
    """The properties of an object by their names, whatever prefix and case they are written in."""

    def __init__(self, node: JsonObject, by_id: Mapping[str, JsonObject]) -> None:
        self._by_id = by_id
        self._values: dict[str, JsonValue] = {}
        for key, value in node.items():
            if value not in (None, "", [], {}):
                self._values.setdefault(_local_name(key), value)

    def value(self, name: str) -> JsonValue:
        """The value, references to other objects of the document resolved; None if it is missing or empty."""
        value = self._values.get(_local_name(name))
        if isinstance(value, list):
            return [self._resolved(item) for item in value[:_MAX_VALUES]]
        return self._resolved(value)

    def first(self, *names: str) -> JsonValue:
        """The first of these that has a value."""
        return next((value for name in names if (value := self.value(name)) is not None), None)

    def _resolved(self, value: JsonValue) -> JsonValue:
        if isinstance(value, Mapping) and len(value) <= 2 and isinstance(key := value.get("@id"), str):
            return self._by_id.get(key, value)
        return value


def _local_name(key: str) -> str:
    return key.casefold() if key.startswith("@") else re.split(r"[/#:]", key)[-1].strip().casefold()


def list_of(value: JsonValue) -> list[JsonValue]:
    """The value as a list; an empty one for None."""
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]


def text_of(value: JsonValue, *, join: bool = False) -> str | None:
    """The text of a value of any form: text, number, object with a name or a value, or the first of a list.

    Args:
        value: the value.
        join: all items of a list, a line each, instead of the first.
    """
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, str):
        return None if is_empty_word(value) else value[:MAX_TEXT_CHARACTERS]
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, Mapping):
        inner = (text_of(value.get(key)) for key in _TEXT_KEYS if not isinstance(value.get(key), Mapping))
        return next((text for text in inner if text), None)
    texts = [text for item in list(value)[:_MAX_VALUES] if not isinstance(item, list) and (text := text_of(item))]
    return "\n".join(texts)[:MAX_TEXT_CHARACTERS] or None if join else next(iter(texts), None)


def name_of(value: JsonValue) -> str | None:
    """The name of a thing that is text, an object or the first of a list; an address is no name."""
    for item in list_of(value):
        found = item
        if isinstance(item, Mapping):
            properties = Properties(item, {})
            found = properties.first("name", "legalName", "alternateName")
        text = text_of(found)
        if text and "://" not in text:
            return text
    return None


def short_items(value: JsonValue) -> list[str]:
    """Names in a list, or in a line between commas; sentences are no names and give none."""
    items: list[str] = []
    for item in list_of(value):
        text = text_of(item)
        parts = [clean_line(part).strip("-* ") for part in _SEPARATOR.split(text[: _MAX_VALUES * 100])] if text else []
        items += [part for part in parts if part]
    is_list = all(len(item) <= _MAX_ITEM_CHARACTERS and len(item.split()) <= _MAX_ITEM_WORDS for item in items)
    return items if is_list and not any("<" in item or "://" in item for item in items) else []


def employment_types(value: JsonValue) -> list[str]:
    """FULL_TIME and the like from their spellings; other words stay as they are."""
    found: list[str] = []
    for item in list_of(value):
        for part in re.split(r"[,;|]", text_of(item) or ""):
            word = re.split(r"[/#]", part.strip())[-1].strip() if "schema.org" in part else part.strip()
            if word:
                found.append(_TYPES.get(re.sub(r"[\W_]+", "", word.casefold()), word))
    return list(dict.fromkeys(found))


def experience_level(value: JsonValue) -> str | None:
    """The level of the months of experience that are asked for; None if no number is stated."""
    for item in list_of(value):
        months = Properties(item, {}).value("monthsOfExperience") if isinstance(item, Mapping) else None
        try:
            number = read_money(months)
        except UnusableValueError:
            continue
        if number is not None:
            years = number / 12
            return "0-2" if years < 2 else "2-5" if years < 5 else "5-10" if years < 10 else "10+"
    return None


def moment(value: JsonValue) -> str | None:
    """A time in ISO 8601 from ISO, German, English, RFC 2822 or Unix spelling; another text stays as it is.

    Two numbers and a year with strokes between them stay as they are: they may be read in two ways.
    """
    text = clean_line((text_of(value) or "")[:_MAX_MOMENT_CHARACTERS])
    if not text:
        return None
    try:
        if _SECONDS.fullmatch(text) or _MILLISECONDS.fullmatch(text):
            return datetime.fromtimestamp(int(text[:10]), UTC).isoformat()
        if german := _GERMAN_DAY.fullmatch(text):
            day, month, year = map(int, german.groups())
            return f"{year:04}-{month:02}-{day:02}"
        if text[:3].isalpha() and "," in text[:5]:
            return parsedate_to_datetime(text).isoformat()
    except (ValueError, OverflowError, TypeError, IndexError):
        return text
    for form in _DAY_FORMATS:
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC).date().isoformat()
        except ValueError:
            continue
    # "2026-11-20 08:00:00 +0100"
    return re.sub(r"(?<=\d)\s+(?=[+-]\d{2}:?\d{2}$)", "", text)


def last_moment(value: JsonValue) -> str | None:
    """As `moment`; a day alone means its end."""
    found = moment(value)
    return f"{found}T23:59:59" if found and _DAY.fullmatch(found) else found


def pay_fields(properties: Properties) -> dict[str, JsonValue]:
    """Fields of the stated pay: `salary_raw` as schema.org's MonetaryAmount, and its amounts for the comparison."""
    given = next(iter(list_of(properties.value("baseSalary"))), None)
    outer = Properties(given if isinstance(given, Mapping) else {"value": given}, {})
    inner = outer.value("value")
    parts = Properties(inner if isinstance(inner, Mapping) else {"value": inner}, {})
    written = _written_pay(parts.value("value"))
    bounds = {name: parts.value(name) or outer.value(name) for name in ("minValue", "maxValue")}
    amount = written.amount | {name: value for name, value in bounds.items() if value is not None}
    if not amount:
        return {}
    unit = text_of(parts.value("unitText")) or text_of(outer.value("unitText")) or written.unit
    stated = (text_of(place.value("currency")) for place in (parts, outer))
    currency = next(filter(None, stated), None) or _currency(written, text_of(properties.value("salaryCurrency")))
    raw: dict[str, JsonValue] = {"currency": currency, "value": {**amount, **({"unitText": unit} if unit else {})}}
    return {"salary_raw": raw, **_compared_pay(amount, currency, unit)}


def _currency(written: "_WrittenPay", of_posting: str | None) -> str | None:
    """The currency beside the amount; a bare dollar may be that of another country, which the posting names."""
    return (of_posting or written.currency) if written.currency in (None, "$") else written.currency


class _WrittenPay(NamedTuple):
    """Pay as people write it, in the names of schema.org."""

    amount: dict[str, JsonValue]
    unit: str | None = None
    currency: str | None = None


def _written_pay(value: JsonValue) -> _WrittenPay:
    """Amounts, unit and currency of a number or of words such as "50.000 - 60.000 EUR per year"."""
    if not isinstance(value, str):
        return _WrittenPay({} if value is None else {"value": value})
    text = value[:_MAX_PAY_CHARACTERS]
    sign = _SIGN.search(text)
    words = clean_line(_NOT_OF_A_UNIT.sub(" ", text)).strip("/ ")
    unit, currency = words if _is_unit(words) else None, sign[0].upper() if sign else None
    numbers = _SIGN.sub("", _AFTER_AMOUNT.sub("", text)).strip()
    bounds = [part for part in _RANGE.split(numbers) if any(map(str.isdigit, part))]
    if len(bounds) != 2:
        return _WrittenPay({"value": numbers or text}, unit, currency)
    if bounds[1][-1:] in "kK" and bounds[0][-1:].isdigit():  # "50-60k"
        bounds[0] += "k"
    return _WrittenPay({"minValue": bounds[0], "maxValue": bounds[1]}, unit, currency)


def _is_unit(words: str) -> bool:
    try:
        return read_salary_unit(words) is not None
    except UnusableValueError:
        return False


def _compared_pay(amount: JsonObject, currency: str | None, unit: str | None) -> dict[str, JsonValue]:
    """The amounts in the fields that pay is compared by; the normaliser notes one in `salary_raw` that is no number."""
    fields: dict[str, JsonValue] = {}
    for name, column in (("minValue", "minvalue"), ("maxValue", "maxvalue"), ("value", "value")):
        try:
            if (number := read_money(amount.get(name))) is not None:
                fields[f"ai_salary_{column}"] = str(number)
        except UnusableValueError:
            continue
    if fields:
        fields |= {"ai_salary_currency": currency, "ai_salary_unittext": unit if unit and _is_unit(unit) else None}
    return {name: value for name, value in fields.items() if value is not None}
