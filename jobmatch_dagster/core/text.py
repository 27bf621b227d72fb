"""Cleaning of untrusted text.

Belongs here: what holds for any text (characters, white space, noise, hashes). What a field means is in
`core/raw/fields.py`.
"""

import hashlib
import re
import unicodedata

# Zero-width characters, soft hyphen, bidi marks and isolates, byte-order mark.
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
# Control characters but for tab and newline; lone surrogates, which UTF-8 cannot carry.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_SPACE = re.compile(r"\s+")
_BLANK_LINES = re.compile(r"\n\s*\n\s*\n+")

# What boards add to an ad and rotate by themselves, without the ad being another one; by a sign that it is there.
_NOISE = {
    # RemoteOK's anti-bot line, "Please mention the word **X** and tag RMTcy… when applying … (#RMTcy…). This is
    # a beta feature …": the word and the tag change with every request.
    "mention the word": re.compile(
        r"(please )?mention the words? .{0,80}? and tag \S+( when applying.*?(\(#[^)]*\)\.?|$))?", re.I | re.S
    ),
    "this is a beta feature": re.compile(
        r"this is a beta feature to avoid spam applicants\..*?(they're human\.?|$)", re.I | re.S
    ),
    # Arbeitnow's footer, which comes in several wordings.
    "arbeitnow": re.compile(r"find (more )?(english speaking )?jobs in germany on arbeitnow\.?", re.I),
}


def clean_line(text: str) -> str:
    """One line: invisible and control characters out, white space collapsed, composed (NFC)."""
    if text.isprintable():  # no line break, no control and no invisible character: most lines
        return " ".join((text if text.isascii() else unicodedata.normalize("NFC", text)).split())
    return _SPACE.sub(" ", _visible(text)).strip()


def clean_block(text: str) -> str:
    """Text of several lines: as `clean_line`, but line breaks stay (at most one blank line in a row)."""
    lines = (" ".join(line.split()) for line in _visible(text).split("\n"))
    return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip()


def for_terminal(text: str) -> str:
    """Text of strangers as a terminal may show it: what it would obey, and what it would not show, becomes U+FFFD."""
    return _CONTROL.sub("\ufffd", _INVISIBLE.sub("\ufffd", text.replace("\r", "\ufffd")))


def strip_noise(text: str) -> str:
    """The text as it counts for "is this another ad?": cosmetic noise out, case and white space levelled."""
    lowered = text.lower()
    for sign, pattern in _NOISE.items():
        if sign in lowered:
            text = pattern.sub(" ", text)
    return clean_line(text).casefold()


def once(title: str) -> str:
    """A title in one line, without the repetition on a second line that some sources send."""
    parts = list(dict.fromkeys(part for line in title.splitlines() if (part := clean_line(line))))
    return " ".join(parts)


def sha256_hex(text: str) -> str:
    """SHA-256 of the text in UTF-8, hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def _visible(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return unicodedata.normalize("NFC", _CONTROL.sub("", _INVISIBLE.sub("", text)))


def counted(number: int, noun: str) -> str:
    """A number with its noun: "1 hour", "1,200 hours"."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
