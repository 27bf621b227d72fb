"""Text of HTML, read with the standard library: CVs that are web pages, and descriptions of postings."""

import html
import re
from html.parser import HTMLParser

_SKIPPED = frozenset({"script", "style", "title", "template", "noscript", "svg"})
_BLOCKS = frozenset({
    "address", "article", "aside", "blockquote", "body", "br", "dd", "div", "dl", "dt", "fieldset", "figcaption",
    "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "html", "li", "main", "nav",
    "ol", "p", "pre", "section", "table", "tbody", "thead", "tr", "ul",
})  # fmt: skip
_HIDEABLE = frozenset({"div", "section", "span", "table", "ul", "ol"})
_HIDING_STYLES = ("display:none", "visibility:hidden", "font-size:0;")


# Only with a semicolon: "&copy" may be the beginning of a word.
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z]\w{1,30});")
_TAG_NAMES = "|".join(
    sorted(_BLOCKS | _SKIPPED | {"a", "b", "em", "i", "img", "li", "span", "strong", "td", "th", "u"})
)
_TAG = re.compile(rf"</?(?:{_TAG_NAMES})(?:\s[^<>]*)?/?>", re.IGNORECASE)
_ESCAPED_TAG = re.compile(rf"&lt;/?(?:{_TAG_NAMES})\b", re.IGNORECASE)


def without_markup(text: str) -> str:
    """A text without tags, its entities decoded once; escaped markup is markup. Text without either stays as it is."""
    if _ESCAPED_TAG.search(text):
        text = decode_entities(text)
    return "".join(html_text(text)) if _TAG.search(text) else decode_entities(text)


def decode_entities(text: str) -> str:
    """The text with "&amp;", "&#8211;" and the like as the characters that they mean."""
    return _ENTITY.sub(lambda entity: html.unescape(entity[0]), text) if "&" in text else text


def html_text(text: str) -> list[str]:
    """Pieces of a web page's text, to be joined: one line per block, list item or table row.

    Scripts, styles, page heads and hidden elements are left out.
    """
    parser = _PageText()
    parser.feed(text)
    parser.close()
    return parser.pieces


class _PageText(HTMLParser):
    """Collects the text of a page; white space inside a line is levelled, blocks break lines."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._skipped: str | None = None
        self._depth = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Blocks begin a line, items a bullet, cells of a row are set apart; what is hidden is left out."""
        if self._skipped:
            self._depth += tag == self._skipped
        elif tag in _SKIPPED or (tag in _HIDEABLE and _is_hidden(attrs)):
            self._skipped, self._depth = tag, 1
        elif tag in _BLOCKS:
            self.pieces.append("\n• " if tag == "li" else "\n")
        elif tag in {"td", "th"} and self.pieces and not self.pieces[-1].isspace():
            self.pieces.append(" | ")

    def handle_endtag(self, tag: str) -> None:
        """Blocks end their line."""
        if self._skipped:
            self._depth -= tag == self._skipped
            self._skipped = self._skipped if self._depth else None
        elif tag in _BLOCKS:
            self.pieces.append("\n")

    def handle_data(self, data: str) -> None:
        """Text, in one line."""
        if not self._skipped:
            level = " ".join(data.split())
            self.pieces.append(f"{' ' * data[:1].isspace()}{level}{' ' * data[-1:].isspace()}" if level else " ")


def _is_hidden(attributes: list[tuple[str, str | None]]) -> bool:
    return any(
        name == "hidden"
        or (name == "style" and any(s in (value or "").replace(" ", "").lower() for s in _HIDING_STYLES))
        for name, value in attributes
    )
