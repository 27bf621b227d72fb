"""A digest of new matches as Markdown, as a web page and as a JSON feed. Titles and reasons are untrusted text.

What a person or a machine elsewhere is sent of it is in `message.py`.
"""

import hashlib
import html
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from jobmatch_dagster.core.markdown import escaped
from jobmatch_dagster.core.matching.reason_words import DEFAULT_LANGUAGE
from jobmatch_dagster.core.notifications.digest_words import DIGEST_WORDS, DigestWords
from jobmatch_dagster.core.profiles.user_keys import CONTROL_CHARACTERS

_SAFE_URL = re.compile(r"https?://[^\s<>\"'`\\()]{1,2000}")
_MOST_CHARACTERS = 300
_STYLE = "body{font:16px/1.5 sans-serif;max-width:46em;margin:2em auto;padding:0 1em}li{margin:0 0 1.2em}"


@dataclass(frozen=True)
class Line:
    """One ad of a digest; what is unknown is None.

    Attributes:
        score: 0 to 100.
        reason_by_model: whether a language model wrote the reason.
        missing: skills that the ad asks for and the CV does not show.
        pay: as the ad states it.
        cv: label of the CV that fits best; None for a user's only one.
        language: code of the language of what is said around title and reason.
    """

    external_id: str
    title: str
    company: str | None
    place: str
    url: str | None
    score: int
    reason: str | None
    reason_by_model: bool
    missing: Sequence[str]
    pay: str | None
    cv: str | None = None
    language: str = DEFAULT_LANGUAGE

    @property
    def words(self) -> DigestWords:
        """The words of its language."""
        return DIGEST_WORDS[self.language]

    @property
    def stored(self) -> dict[str, Any]:
        """The line as JSON. English says nothing of its language, so that it is the line that it was."""
        fields = asdict(self)
        return fields if self.language != DEFAULT_LANGUAGE else {k: v for k, v in fields.items() if k != "language"}

    @property
    def safe_url(self) -> str | None:
        """The address, if it is a plain one of the web."""
        return self.url if self.url and _SAFE_URL.fullmatch(self.url) else None

    @property
    def headline(self) -> str:
        """Title and company in one line."""
        return _plain(f"{self.title}, {self.company}" if self.company else self.title)

    @property
    def facts(self) -> list[str]:
        """What is said below the title, a sentence each."""
        words = self.words
        source = f" ({words.by_model})" if self.reason_by_model else ""
        pay = self.pay or words.unknown
        return [
            _plain(words.score.format(score=self.score, place=self.place, pay=pay)),
            *([_plain(words.cv.format(cv=self.cv))] if self.cv else []),
            *([_plain(words.why.format(source=source, reason=self.reason))] if self.reason else []),
            *([_plain(words.missing.format(skills=", ".join(self.missing)))] if self.missing else []),
        ]


@dataclass(frozen=True)
class Digest:
    """The new matches of a day, best first.

    Attributes:
        day: in ISO 8601.
        key: what distinguishes its delivery from any other's.
    """

    day: str
    created_at: datetime
    key: str
    lines: Sequence[Line]

    @property
    def language(self) -> str:
        """Code of the language of its lines."""
        return self.lines[0].language if self.lines else DEFAULT_LANGUAGE

    @property
    def title(self) -> str:
        """What it is called."""
        number, words = len(self.lines), DIGEST_WORDS[self.language]
        return (words.one if number == 1 else words.many).format(number=number, day=self.day)


def content_hash(user_id: int, day: str, lines: Sequence[Line]) -> str:
    """SHA-256 of what a digest says, to whom and for which day."""
    said = {"user": user_id, "day": day, "lines": [line.stored for line in lines]}
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def pay_text(ad: Mapping[str, Any], language: str = DEFAULT_LANGUAGE) -> str | None:
    """The stated salary of a posting, else what was found in its text; None when both are unknown."""
    said = DIGEST_WORDS[language]
    stated = (ad["salary_min"], ad["salary_max"], ad["salary_unit"], ad["salary_currency"])
    found = (
        ad["ai_salary_minvalue"] if ad["ai_salary_minvalue"] is not None else ad["ai_salary_value"],
        ad["ai_salary_maxvalue"],
        ad["ai_salary_unittext"],
        ad["ai_salary_currency"],
    )
    for low, high, unit, currency in (stated, found):
        amounts = [said.amount(amount) for amount in dict.fromkeys((low, high)) if amount is not None]
        if amounts:
            per = said.units.get(unit.lower(), f"per {unit.lower()}") if unit else None
            words = (said.to.join(amounts), currency, per)
            return " ".join(word for word in words if word)
    return None


def as_markdown(digest: Digest) -> str:
    """The digest as Markdown."""
    parts = [f"# {escaped(digest.title)}"]
    for number, line in enumerate(digest.lines, start=1):
        title = escaped(line.headline)
        linked = f"[{title}](<{line.safe_url}>)" if line.safe_url else title
        parts.append("  \n".join((f"{number}. {linked}", *(f"   {escaped(fact)}" for fact in line.facts))))
    return "\n\n".join(parts) + "\n"


def as_html(digest: Digest) -> str:
    """The digest as a page that needs nothing else: no script, no picture, nothing loaded."""
    items = "\n".join(_html_item(line) for line in digest.lines)
    title = html.escape(digest.title)
    return (
        f'<!DOCTYPE html>\n<html lang="{digest.language}">\n<head>\n<meta charset="utf-8">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n"
        f"<body>\n<h1>{title}</h1>\n<ol>\n{items}\n</ol>\n</body>\n</html>\n"
    )


def as_feed(digests: Sequence[Digest]) -> str:
    """The newest digests as JSON Feed 1.1, an item for each ad."""
    items = [
        {
            "id": f"{digest.key}/{line.external_id}",
            **({"url": line.safe_url} if line.safe_url else {}),
            "title": line.headline,
            "content_text": "\n".join(line.facts),
            "date_published": digest.created_at.isoformat(),
        }
        for digest in digests
        for line in digest.lines
    ]
    language = digests[0].language if digests else DEFAULT_LANGUAGE
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": DIGEST_WORDS[language].feed, "items": items}
    return json.dumps(feed, ensure_ascii=False, indent=1) + "\n"


def _html_item(line: Line) -> str:
    title = html.escape(line.headline)
    linked = f'<a href="{html.escape(line.safe_url)}" rel="noreferrer">{title}</a>' if line.safe_url else title
    return f"<li>{linked}<br>{'<br>'.join(html.escape(fact) for fact in line.facts)}</li>"


def _plain(text: str) -> str:
    """Text in one line of bounded length, without characters that a reader would obey."""
    line = CONTROL_CHARACTERS.sub("", " ".join(text.split()))
    return line if len(line) <= _MOST_CHARACTERS else line[: _MOST_CHARACTERS - 1].rstrip() + "…"
