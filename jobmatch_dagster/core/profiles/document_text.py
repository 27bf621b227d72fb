"""Characters of CV files: encodings, text that was decoded wrongly, bullets, ligatures.

Cleaning that applies to any text belongs in `core/text.py`.
"""

import re

from jobmatch_dagster.core.text import clean_block

BULLET = "•"
# Round, square, arrow and tick bullets, and the private-use characters of Word's symbol fonts.
_BULLETS = "●○◦▪▫■□◆◇♦➢➤➔►▶✓✔✦✶❖⁃∙‣\uf0b7\uf0a7\uf0d8\uf0fc\uf076\uf0e8\uf0a8"
# Several bullets rate a skill ("Python ●●●○"). One bullet inside a line begins an item of a flattened list.
_RATING = re.compile(rf"[^\S\n]*{BULLET}{{2,}}[^\S\n]*")
_INNER_BULLET = re.compile(rf"(?<=\S)(?:[^\S\n]+{BULLET})+[^\S\n]*(?=\S)")
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
    lines = clean_block(_MOJIBAKE.sub(_fix_encoding, text).translate(_CHARACTERS))
    return _INNER_BULLET.sub(f"\n{BULLET} ", _RATING.sub(" ", lines)).strip()


def _fix_encoding(match: re.Match[str]) -> str:
    shown = match[0]
    try:
        meant = bytes([ord(shown[0]), *(_CP1252_BYTES[character] for character in shown[1:])]).decode("utf-8")
    except UnicodeDecodeError:
        return shown
    return meant if _MEANT.fullmatch(meant) else shown
