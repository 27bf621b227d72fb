"""Contact data in free text: e-mail and web addresses, accounts, telephone numbers.

Whatever keeps personal data back uses this one list: profiles, redacted CVs, postings for Claude, Claude's answers. In
doubt a piece of text counts as contact data: a lost word costs less than a leaked number.
"""

import re

# Any word with "@" inside: a PDF may have split the domain. The look-behinds of these patterns let a match begin at the
# start of a word alone, which keeps the search linear.
_EMAIL = r"(?<!\S)\S+@\S+"
# "ada (at) example (dot) org"
_SPELLED_EMAIL = (
    r"(?<![\w.+-])[\w.+-]+\s?[\[({]\s?(?:at|ät|@)\s?[\])}]\s?\w[\w.-]*(?:\s?[\[({]\s?(?:dot|punkt)\s?[\])}]\s?\w+)*"
)
_URL = r"(?<!\w)(?:\w+://|www\.)\S+"
_ACCOUNT = r"\b(?:linkedin|github|gitlab|xing|twitter|instagram|facebook)\.\w+\S*|\b(?:t|wa)\.me/\S+"
# Seven digits or more; not the versions of "C++11/14/17/20".
_PHONE = r"(?<![\w+])\(?\+?\d(?:[\s()/.‐-–-]{0,3}\d){6,}"

CONTACT = re.compile(f"{_EMAIL}|{_SPELLED_EMAIL}|{_URL}|{_ACCOUNT}|{_PHONE}", re.IGNORECASE)

_MAILBOX = re.compile(r"(?<![\w.+-])([\w.+-]+)@\w")

# Ranges of years, dates and pay are no telephone numbers, nor are years in a row.
_YEAR = r"(?:19|20)\d\d"
_DATE, _MONTH, _AMOUNT = rf"(?:[0-3]?\d[./-])?(?:[01]?\d[./-])?{_YEAR}", r"[01]?\d/\d\d", r"\d{2,3}\.\d00"
_DASH = r"\s?[-–—]\s?"
_RANGE = rf"(?:{_DATE}\s?[-–—/ ]\s?{_DATE}|{_MONTH}{_DASH}{_MONTH}|{_AMOUNT}{_DASH}{_AMOUNT})"
_RANGES = re.compile(rf"{_RANGE}(?:\s+(?:{_RANGE}|{_YEAR}))*")
_GROUPED_AMOUNT = re.compile(r"[1-9]\d{0,2}(?:[ .]\d00)+")
_STANDARD = re.compile(r"\b(?:ISO|DIN|EN|IEC|VDE|IATF|OHSAS|IEEE)(?:[\s/-](?:ISO|EN|IEC|TS))*[\s/-]*$")


def remove_contacts(text: str, mark: str) -> str:
    """The text with a mark instead of each piece of contact data; ranges such as 2018 – 2020 stay."""
    return CONTACT.sub(lambda match: match[0] if _is_no_contact(match) else mark, text)


def _is_no_contact(match: re.Match[str]) -> bool:
    """Whether the digits are a range, an amount in groups of three, or numbers of a standard ("ISO 9001/14001")."""
    digits = match[0].strip()
    if _RANGES.fullmatch(digits) or _GROUPED_AMOUNT.fullmatch(digits):
        return True
    return bool(_STANDARD.search(match.string[max(0, match.start() - 12) : match.start()]))


def mailboxes(text: str) -> list[str]:
    """The part before the "@" of each e-mail address: often the person's name."""
    return _MAILBOX.findall(text)
