"""The work arrangement that an ad offers in its own words; what it denies, or means otherwise, counts for nothing."""

import re

_REMOTE = re.compile(
    r"\b(?:100\s?% remote|fully remote|remote[- ]first|full[- ]remote|vollständig remote|komplett remote)\b",
    re.IGNORECASE,
)
# Not "remote sensing", "remote support technician": there it is what the work is about.
_REMOTE_TITLE = re.compile(
    r"\bremote\b(?![- ](?:sens|control|access|support|monitor|service|hand|pilot|team|desktop|maintenance|site|area))|"
    r"\bhome[- ]?office\b(?! (?:consultant|products?|equipment))",
    re.IGNORECASE,
)
_EVERYWHERE = frozenset({"remote", "worldwide", "anywhere"})
# Not clouds, vehicles and drives.
_HYBRID = re.compile(
    r"\bhybrid(?:e[mnrs]?)?\b(?![- ]*(?:cloud|vehicle|car\b|engine|electric|drive|antrieb|fahrzeug|auto|app|power|"
    r"system|it\b|infrastru|event|mobile|database|rechenzentr|data|kernel|search|bond|seed))|"
    r"\bhome[- ]?office\b|\bmobile[mns]? arbeiten\b|\bteilweise remote\b|\bremote[- ]anteil\b",
    re.IGNORECASE,
)
_DENIED_BEFORE = re.compile(
    r"\b(?:no|not|without|neither|nor|cannot|can't|isn't|doesn't|don't|unfortunately|kein\w*|nicht|ohne|leider)\b",
    re.IGNORECASE,
)
_DENIED_AFTER = re.compile(r"\b(?:not|isn't|unfortunately|nicht|leider|entfällt)\b", re.IGNORECASE)
_NOT_ONLY = re.compile(r"\bnot (?:only|just)\b|\bnicht nur\b|\bno (?:problem|matter)\b|\bkein problem\b", re.IGNORECASE)
# A negation counts within its clause and near the word: in long lines it belongs to something else.
_CLAUSE = re.compile(r"[,;:.!?()•|\n–]")
_NEAR_CHARACTERS = 60


def read_arrangement(title: str, location: str, text: str) -> str | None:
    """Remote OK or Hybrid, where the ad offers it; else None."""
    if _offers(_REMOTE, text) or _offers(_REMOTE_TITLE, title) or location.strip().casefold() in _EVERYWHERE:
        return "Remote OK"
    return "Hybrid" if _offers(_HYBRID, text) else None


def _offers(pattern: re.Pattern[str], text: str) -> bool:
    """Whether the text has the words and does not deny them."""
    return any(not _is_denied(text, found.start(), found.end()) for found in pattern.finditer(text))


def _is_denied(text: str, start: int, end: int) -> bool:
    before = _CLAUSE.split(text[max(0, start - _NEAR_CHARACTERS) : start])[-1]
    after = _CLAUSE.split(text[end : end + _NEAR_CHARACTERS], maxsplit=1)[0]
    return bool(_DENIED_BEFORE.search(_NOT_ONLY.sub(" ", before)) or _DENIED_AFTER.search(_NOT_ONLY.sub(" ", after)))
