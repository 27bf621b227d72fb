"""How single values are worded on the page."""

import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal

from jobmatch_dagster.core.enrichment.answer import answer_text
from jobmatch_dagster.core.explanation_page import UNKNOWN
from jobmatch_dagster.core.matching.salaries import per_year
from jobmatch_dagster.core.posting import Posting

_VALUE_CHARACTERS = 300
_RECORD_CHARACTERS = 8_000
_SHORT_CHARACTERS = 160


def answer(message: object) -> str:
    """The text of an answer as the ledger keeps it; why there is none, where Claude stopped without any."""
    if not isinstance(message, Mapping):
        return ""
    text = answer_text(message)
    return text[:_RECORD_CHARACTERS] if text is not None else f"no text: {message.get('stop_reason') or UNKNOWN}"


def record(record: object) -> str:
    """A record as JSON, long texts cut."""
    if isinstance(record, Mapping):
        record = {key: cut_text(value) for key, value in record.items()}
    return json.dumps(record, ensure_ascii=False, indent=2, default=str)[:_RECORD_CHARACTERS]


def parsed(text: str) -> object:
    """JSON text as its value; other text as it is."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def cut_text(value: object) -> object:
    """Long texts cut; other values as they are."""
    if isinstance(value, str) and len(value) > _VALUE_CHARACTERS:
        return f"{value[:_VALUE_CHARACTERS]}… ({len(value):,} characters)"
    return value


def cut(value: object) -> str:
    """A value in one line, long ones cut."""
    text = ", ".join(map(str, value)) if isinstance(value, list | tuple) else UNKNOWN if value is None else str(value)
    return str(cut_text(text))


def as_compared(value: object) -> str:
    """A value as it is compared: a time, number or list in whatever type says the same."""
    if isinstance(value, str) and "T" in value:
        with suppress(ValueError):
            value = datetime.fromisoformat(value)
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC).isoformat()
    if isinstance(value, int | float | Decimal | str):
        with suppress(ValueError):
            return f"{float(value):g}"
    return json.dumps(value, sort_keys=True, default=str)


def known(value: object) -> object:
    """The value, or "unknown"."""
    return UNKNOWN if value is None else value


def time(value: datetime | None) -> str:
    """A time to the minute."""
    return f"{value:%Y-%m-%d %H:%M} UTC" if value else UNKNOWN


def salary(posting: Posting, prefix: str, low: str, high: str, unit: str) -> str | None:
    """A salary with its unit, and a year of it; None when nothing is stated."""
    bounds = [getattr(posting, f"{prefix}_{name}") for name in (low, high)]
    if prefix == "ai_salary":
        bounds.append(posting.ai_salary_value)
    known = [bound for bound in bounds if bound is not None]
    if not known:
        return None
    per = getattr(posting, f"{prefix}_{unit}")
    amounts = " to ".join(f"{bound:,.0f}" for bound in known)
    yearly = " to ".join(f"{year:,.0f}" for bound in known if (year := per_year(bound, per)) is not None)
    return f"{amounts} {getattr(posting, f'{prefix}_currency') or ''} a {per or UNKNOWN} (a year: {yearly or UNKNOWN})"


def short(value: object) -> str:
    """A value in one line of at most 160 characters, text in quotes."""
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= _SHORT_CHARACTERS else f"{text[: _SHORT_CHARACTERS - 1]}…"
