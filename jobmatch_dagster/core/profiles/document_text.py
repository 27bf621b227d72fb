"""Characters of CV files: encodings, text that was decoded wrongly, bullets, ligatures.

Cleaning that applies to any text belongs in `core/text.py`.
"""

import re

from jobmatch_dagster.core.text import clean_block
from jobmatch_dagster.core.vocabulary.skill_table import name_in_table

BULLET = "•"
# Round, square, arrow and tick bullets, and the private-use characters of Word's symbol fonts.
_BULLETS = "●○◦▪▫■□◆◇♦➢➤➔►▶✓✔✦✶❖⁃∙‣\uf0b7\uf0a7\uf0d8\uf0fc\uf076\uf0e8\uf0a8"
# Several bullets rate a skill ("Python ●●●○"). One bullet inside a line begins an item of a flattened list.
_RATING = re.compile(rf"[^\S\n]*{BULLET}{{2,}}[^\S\n]*")
_INNER_BULLET = re.compile(rf"(?<=\S)(?:[^\S\n]+{BULLET})+[^\S\n]*(?=\S)")
# A control character inside a word is a glyph without a code, most often the ligature fi or fl.
_LOST_LIGATURE = re.compile("(?P<before>\\w+)[\x00-\x08\x0e-\x1f\ufffd](?P<after>\\w+)")
_USUAL = re.compile(
    r"(?:\w*work|over|air|ml)flows?\b|cloudflare\b|\w*fic(?:ation|ations|ate|ates|e|er|ial|iency|ient)\b|staff\b|off\w+|"
    r"\w*profil\w*|confl(?:uence|ict)\w*|confi[gdr]\w*|effe\w+|effi\w+|diffe\w+|traffic|reflect\w*|flex\w+|flow\w*|fluent\w*|fina\w+|field\w*",
    re.IGNORECASE,
)
_HYPHENS = "\u2010\u2011\u2212"
_LIGATURES = {"\ufb00": "ff", "\ufb01": "fi", "\ufb02": "fl", "\ufb03": "ffi", "\ufb04": "ffl"}
_CHARACTERS = str.maketrans(
    dict.fromkeys(_BULLETS, BULLET) | dict.fromkeys(_HYPHENS, "-") | _LIGATURES | dict.fromkeys("\x0b\x0c", "\n")
)

_CP1252_BYTES = {
    character: byte
    for byte in range(0x80, 0xC0)
    for character in {chr(byte), bytes([byte]).decode("cp1252", errors="ignore")}
    if character
}
# UTF-8 that was decoded as Latin-1 or cp1252: a lead byte and its continuation bytes, each as a character.
_MOJIBAKE = re.compile(
    "(?:[ÂÃ]|[âï][{0}])[{0}]".format("".join(map(re.escape, _CP1252_BYTES))),
)
# What such bytes may mean: Latin letters and signs, punctuation, arrows, shapes, private-use bullets.
_MEANT = re.compile("[\u00a0-\u00ff\u2010-\u2027\u2030-\u205e\u20ac\u2122\u2190-\u22ff\u25a0-\u27bf\uf000-\uf0ff]")
_CONTROL = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_BYTE_ORDER_MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)


def decode_text(content: bytes) -> str | None:
    """Text of a file by its byte-order mark, else as UTF-8, else as cp1252; None if it is no text."""
    encoding = next((name for mark, name in _BYTE_ORDER_MARKS if content.startswith(mark)), None)
    if encoding:
        text = content.decode(encoding, errors="replace")
    else:
        try:
            text = content.decode("utf-8")
        except UnicodeDecodeError:
            text = content.decode("cp1252", errors="replace")
    odd = len(_CONTROL.findall(text)) + text.count("\ufffd")
    return None if odd > len(text) // 100 else text


def plain_text(text: str) -> str:
    """Lines as a person would see them: wrong encodings fixed, one kind of bullet, clean white space.

    A second call changes nothing.
    """
    whole = _LOST_LIGATURE.sub(_with_ligature, text) if _LOST_LIGATURE.search(text) else text
    lines = clean_block(_MOJIBAKE.sub(_fix_encoding, whole).translate(_CHARACTERS))
    return _INNER_BULLET.sub(f"\n{BULLET} ", _RATING.sub(" ", lines)).strip()


def _with_ligature(match: re.Match[str]) -> str:
    """A word with the letters that a PDF lost: those that make a skill or a usual word of it, else "fi"."""
    before, after = match["before"], match["after"]
    spellings = [f"{before}{letters}{after}" for letters in ("fi", "fl", "ff", "ffi", "ffl", "ti", "tt")]
    return next((word for word in spellings if name_in_table(word) or _USUAL.match(word)), spellings[0])


def _fix_encoding(match: re.Match[str]) -> str:
    shown = match[0]
    try:
        meant = bytes([ord(shown[0]), *(_CP1252_BYTES[character] for character in shown[1:])]).decode("utf-8")
    except UnicodeDecodeError:
        return shown
    return meant if _MEANT.fullmatch(meant) else shown
