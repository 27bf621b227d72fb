"""CVs in HTML."""

from jobmatch_dagster.core.html import html_text
from jobmatch_dagster.core.profiles.document_limits import bounded


def read_html(text: str) -> str:
    """Text of a web page: one line per block, list item or table row, without scripts, styles and page heads.

    Raises:
        UnreadableDocument: if it is longer than any CV.
    """
    return "".join(bounded(html_text(text)))
