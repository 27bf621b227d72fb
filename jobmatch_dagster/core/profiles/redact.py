"""A CV's text without the person's identity, for requests to Claude.

The head, the personal part and referees are removed as a whole. Elsewhere the name, contact data, address, birth,
nationality, family, religion, photo and names of schools are removed. What the person did stays.
"""

import re

from jobmatch_dagster.core.contacts import remove_contacts
from jobmatch_dagster.core.profiles.cv.names import names_in
from jobmatch_dagster.core.profiles.cv.sections import HEAD, split_sections
from jobmatch_dagster.core.profiles.document_text import plain_text

MARK = "[removed]"
# A line with one of these anywhere is about the person …
_PERSONAL_LINE = re.compile(
    r"^.*?\b(?:date of birth|birth(?:day|date|place)|born (?:on|in)|geboren|geb\.|geburts\w+|nationality|citizenship|"
    r"staatsangehörigkeit|staatsbürgerschaft|marital status|married|unmarried|familienstand|verheiratet|ledig|"
    r"geschieden|konfession|wohnhaft|wohnort|lichtbild)\b.*$",
    re.IGNORECASE | re.MULTILINE,
)
# … and these only as a label: people also work with children, of all ages.
_PERSONAL_LABEL = re.compile(
    r"^\W*(?:birth|born|age|alter|gender|sex|geschlecht|children|kinder|religion|father(?:'?s)?|mother(?:'?s)?|spouse|"
    r"passport|ausweis\w*|photo|foto|supervisor|contact person|ansprechpartner(?:in)?|vorgesetzter?|address|anschrift|"
    r"adresse|residence)(?: \w+){0,2}\s*(?:[:=–-].*)?$",
    re.IGNORECASE | re.MULTILINE,
)
# Everything after such a line is about other people.
_REFEREES = re.compile(
    r"^\W*(?:\w+\s+){0,2}(?:references?|referees?|referenz(?:en|geber|person(?:en)?)?|empfehlungen)\b"
    r"\s*(?:(?:[:–-]|available|upon|on request|auf (?:an|nach)frage).*)?$",
    re.IGNORECASE | re.MULTILINE,
)
# A person with a title.
_TITLED = re.compile(
    r"\b(?:(?:Mr|Mrs|Ms|Dr|Prof)\.|Herrn?|Frau)(?:\s*(?:Dr|Prof|med|Ing)\.)*(?:\s+(?:von|van|de|der|[A-ZÄÖÜ][\w'’-]+)){1,4}"
)
_STREET = re.compile(
    r"\b[\wäöüß.-]+(?:straße|strasse|str\.|weg|allee|platz|gasse)\s+\d+\s?[a-z]?\b|"
    r"\b\d{1,5}\s+(?:[A-Z][\w.]+\s){1,3}(?:Street|St|Road|Rd|Avenue|Ave|Lane|Drive|Boulevard)\b\.?|(?<!\d)(?:D-)?\d{5}\s+[A-ZÄÖÜ][\w-]+",
    re.IGNORECASE,
)
_SCHOOL = re.compile(
    r"(?:[A-ZÄÖÜ][\w.'’&-]*\s+){0,5}(?:University|College|School|Institute|Academy|Polytechnic|Universität|Hochschule|Fachhochschule|"
    r"Gymnasium|Realschule|Akademie|Berufsschule|Schule|[A-ZÄÖÜ]\w*(?:schule|universität|gymnasium))\b"
    r"(?:\s+(?:of|für|for|zu|der|des|at)(?:\s+(?:the|der|die))?\s+[A-ZÄÖÜ][\w.-]*(?:\s+(?:and|und|&)?\s*[A-ZÄÖÜ][\w.-]*){0,4}|"
    r"\s+[A-ZÄÖÜ][\w.-]+){0,2}"
)


def redact(text: str) -> str:
    """The part of a CV that may be sent, section by section under its kind; "" when nothing has a heading.

    Text before the first heading, the personal part and referees are left out. Personal data elsewhere is replaced by
    a mark.
    """
    sections = split_sections(plain_text(text))
    words = names_in(sections)
    kept = [section for section in sections if section.kind not in {HEAD, "personal"}]
    return "\n\n".join(f"{section.kind.title()}\n{_redacted(section.text, words)}" for section in kept)


def _redacted(text: str, words: frozenset[str]) -> str:
    if referees := _REFEREES.search(text):
        text = text[: referees.start()]
    text = _PERSONAL_LABEL.sub(MARK, _PERSONAL_LINE.sub(MARK, text))
    text = remove_contacts(text, MARK)
    for pattern in (_STREET, _SCHOOL, _TITLED):
        text = pattern.sub(MARK, text)
    if words:
        text = re.sub(rf"\b(?:{'|'.join(map(re.escape, sorted(words)))})\b", MARK, text, flags=re.IGNORECASE)
    return text
