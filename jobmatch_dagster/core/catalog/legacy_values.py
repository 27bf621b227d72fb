"""Values of the legacy project, text in many spellings, converted to JSON values of the vendor's form.

`legacy.py` says which column is which field. A value that cannot be converted is returned unchanged, so that the
normaliser notes it with the reason.
"""

import ast
import csv
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime

from jobmatch_dagster.core.json_values import JsonObject, JsonValue

_CURRENCIES = {
    "€": "EUR",
    "$": "USD",
    "£": "GBP",
    "eur": "EUR",
    "euro": "EUR",
    "usd": "USD",
    "gbp": "GBP",
    "chf": "CHF",
}
_UNITS = {
    "HOUR": ("hour", "stunde", "/h", "std"), "DAY": ("day", "tag"), "WEEK": ("week", "woche"),
    "MONTH": ("month", "monat"), "YEAR": ("year", "annual", "annum", "jahr", "p.a"),
}  # fmt: skip
# 50,000 or 50.000,00 or 50 000 or 50k; the k must follow the number at once.
_AMOUNT = re.compile(r"\d[\d.,'\u00a0\u202f ]*(?:\s?[kK]\b)?")
_GERMAN_DATE = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})(?:[ ,T]+(\d{1,2}):(\d{2})(?::(\d{2}))?)?")
_EPOCH = re.compile(r"\d{10}(?:\d{3})?(?:\.\d+)?")
# A comma separates items, unless it is inside parentheses.
_COMMA = re.compile(r",(?![^()]*\))")


def legacy_text(value: JsonValue) -> JsonValue:
    """Text from a value of any type."""
    return value if isinstance(value, str) else str(value)


def legacy_list(value: JsonValue) -> JsonValue:
    """A list of strings from a list, JSON, a Python or PostgreSQL literal, lines, or items between ; or commas."""
    if not isinstance(value, str):
        return value
    text = value.strip()
    parsed = _literal(text)
    if isinstance(parsed, list):
        return [item if isinstance(item, str | None) else str(item) for item in parsed]
    if text.startswith("{") and text.endswith("}"):
        inner = text[1:-1].replace("\n", " ")
        items = next(csv.reader([inner], escapechar="\\"), [])
        return [item for item in items if item != "NULL"]
    for separator in ("\n", ";", "|"):
        if separator in text:
            return [item.strip(" -•*\t\r") for item in text.split(separator)]
    return [item.strip() for item in _COMMA.split(text)]


def legacy_number(value: JsonValue) -> JsonValue:
    """A number from text with currency signs and either decimal mark, as decimal text; 1.500 is 1500."""
    if not isinstance(value, str):
        return value
    found = _AMOUNT.findall(value)
    return str(_amount(found[0])) if len(found) == 1 else value


def legacy_coordinates(value: JsonValue) -> JsonValue:
    """A list of degrees from any spelling of a list of numbers."""
    items = legacy_list(value)
    try:
        return [float(item) for item in items if item is not None] if isinstance(items, list) else items
    except (TypeError, ValueError):
        return value


def legacy_flag(value: JsonValue) -> JsonValue:
    """True or false from 1, 0, yes, no, t, f, ja, nein."""
    words = {"1": True, "t": True, "yes": True, "y": True, "ja": True, "0": False, "f": False, "no": False, "n": False,
             "nein": False}  # fmt: skip
    return words.get(str(value).strip().casefold(), value)


def legacy_time(value: JsonValue) -> JsonValue:
    """A time in ISO 8601 from ISO, German, RFC 2822 or Unix spelling; UTC if it has no zone."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        return value
    text = value.strip()
    if german := _GERMAN_DATE.fullmatch(text):
        day, month, year, hour, minute, second = (int(part or 0) for part in german.groups())
        return _iso(lambda: datetime(year, month, day, hour, minute, second, tzinfo=UTC), value)
    if _EPOCH.fullmatch(text):
        seconds = float(text) / (1000 if len(text.split(".")[0]) == 13 else 1)
        return _iso(lambda: datetime.fromtimestamp(seconds, UTC), value)
    if text[:3].isalpha() and "," in text[:5]:
        return _iso(lambda: parsedate_to_datetime(text), value)
    return re.sub(r"\s*(?:UTC|GMT)$", "+00:00", text)


def legacy_salary(value: JsonValue) -> JsonObject | None:
    """A stated salary as schema.org's MonetaryAmount, from the same as text or from words; None if none is stated.

    Words need an amount and a currency: "55.000-65.000 EUR pro Jahr", "$30 an hour".
    """
    if isinstance(value, dict):
        return value
    if not isinstance(value, str):
        return None
    parsed = _literal(value.strip())
    if isinstance(parsed, dict):
        return parsed
    words = value.casefold()
    currency = next((code for sign, code in _CURRENCIES.items() if sign in words), None)
    amounts = [_amount(found) for found in _AMOUNT.findall(value)]
    if currency is None or not 1 <= len(amounts) <= 2:
        return None
    unit = next((unit for unit, signs in _UNITS.items() if any(sign in words for sign in signs)), None)
    low, high = str(min(amounts)), str(max(amounts))
    return {"currency": currency, "value": {"minValue": low, "maxValue": high, "unitText": unit}}


def _amount(text: str) -> Decimal:
    """The last comma or point is the decimal mark, unless three digits follow it or it occurs more than once."""
    thousands = text.rstrip().casefold().endswith("k")
    digits = re.sub(r"[^\d.,]", "", text).strip(".,")
    mark = max(digits.rfind("."), digits.rfind(","))
    if mark >= 0:
        sign = digits[mark]
        is_group = digits.count(sign) > 1 or (len(digits) - mark - 1 == 3 and not {".", ","} <= set(digits))
        whole, part = (digits, "") if is_group else (digits[:mark], digits[mark + 1 :])
        digits = re.sub(r"[.,]", "", whole) + ("." + part if part else "")
    return Decimal(digits) * (1000 if thousands else 1)


def _literal(text: str) -> JsonValue:
    """The value of JSON or of a Python literal; None if the text is neither."""
    if text[:1] not in ("[", "{"):
        return None
    value: JsonValue
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        pass
    else:
        return value
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return None
    return value


def _iso(read: Callable[[], datetime], value: JsonValue) -> JsonValue:
    """The time in ISO 8601; the value itself if it cannot be read."""
    try:
        return read().isoformat()
    except (ValueError, OverflowError, OSError, TypeError):
        return value
