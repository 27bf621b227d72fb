"""The experience level that an ad asks for in its own words.

Belongs here: what the title and the text say of the person, and what they say of others: a firm's age, a team that the
person works for, the people that the person trains.
"""

import re

from jobmatch_dagster.core.profiles.cv.experience import level_of

_NUMBERS = {
    word: number
    for number, words in enumerate(
        ("one", "two zwei", "three drei", "four vier", "five fünf", "six sechs", "seven sieben",
         "eight acht", "nine neun", "ten zehn"), 1
    )
    for word in words.split()
}  # fmt: skip
_NUMBER = rf"\d{{1,2}}|{'|'.join(sorted(_NUMBERS, key=len, reverse=True))}"
_UNIT = r"(?:years?|yrs?|jahren?|jahre|jahr)\b"
# Where an ad speaks of experience asked for, in years.
_YEARS = re.compile(
    rf"\b(?P<low>{_NUMBER})\s*(?:\(\d{{1,2}}\)\s*)?(?:\+|(?:-|–|bis|to)\s*(?:{_NUMBER})\s*\+?)?\s*{_UNIT}"
    r"[^.\n]{0,60}?(?:experience|\w*erfahrung|praxis)"
    rf"|(?:experience|erfahrung)[^.\n]{{0,30}}?\b(?P<low2>{_NUMBER})\s*\+?\s*{_UNIT}",
    re.IGNORECASE,
)
_MAX_YEARS = 15
_SEVERAL = re.compile(
    r"\b(?:mehrjährige?\w*|several years(?: of)?|einschlägige\w*) (?:\w+ ){0,2}?(?:berufs)?(?:erfahrung|experience)",
    re.IGNORECASE,
)
_SENTENCE_START = re.compile(r"[.!?\n•]\s*(?=[^.!?\n•]*\Z)")
_SENTENCE_END = re.compile(r"[.!?\n•]")
# A sentence about the firm, unless it also asks.
_FIRM = re.compile(
    r"\b(?:we|us|our|ours|wir|uns|unser\w*|(?:the|this) (?:company|firm)|das unternehmen)\b", re.IGNORECASE
)
_ASKS = re.compile(
    r"\b(?:you|your|du|dein\w*|sie|ihr\w*|require\w*|must|need\w*|minimum|at least|mindestens|erforderlich|"
    r"voraussetzung\w*|prefer\w*|looking for|seek\w*|suchen|erwarten|mitbring\w*|vorweisen|candidates?)\b",
    re.IGNORECASE,
)

# Words of a title for the person's level.
_BEGINNER = re.compile(
    r"\b(?:junior|jr|intern|trainee|entry[- ]level|working student|apprentice|werkstudent\w*|praktikant\w*|"
    r"\w*praktikum|azubi\w*|auszubildende\w*|studentische\w*|aushilfe|berufseinsteiger\w*|early career|no experience|"
    r"ohne erfahrung|graduates?|internships?|apprenticeships?|ausbildung|duales studium)\b",
    re.IGNORECASE,
)
# Beginners as the person's task: "Internship Coordinator", "Head of Graduate Programs", "Leiter Ausbildung".
_TASK = re.compile(
    r"\b(?:graduates?|internships?|apprenticeships?|trainees?|junior)"
    r"(?: (?:programs?|programmes?|recruit\w*|coordinat\w*|manager|advisor|trainer|training|development))+|"
    r"(?:\w*leiter\w*|\w*leitung|\w*referent\w*|koordinator\w*|\w*manager\w*|ausbilder\w*)\b[^,|()]*\bausbildung\b",
    re.IGNORECASE,
)
_SENIOR = re.compile(
    r"\b(?:senior(?! (?:living|care|citizens?|center|services|home))|sr\.?|"
    r"lead(?! (?:generation|gen\b|management|time))|principal|head of|director|vp|vice president|"
    r"staff (?:[\w-]+ ){0,3}?(?:engineer|developer|scientist|architect|designer|researcher|analyst)|"
    r"(?!\w*(?:be|ab|halb|supra|wärme|g)leiter)\w*leiter(?:in|innen)?|"
    r"(?!\w*(?:rohr|strom|frei|gas|wasser|kabel|druck|ab|be|ein|an)leitung)\w*leitung)\b",
    re.IGNORECASE,
)
# Who helps somebody senior is not senior.
_HELPS = re.compile(
    r"\bassist\w* (?:to|of|der|des|dem|für|for)\b|\w*assistenz|\w*assistent\w*|\bsecretary|sekret\w*|\bhelper\b|"
    r"\bhelfer\w*",
    re.IGNORECASE,
)


def read_level(title: str, text: str) -> str | None:
    """The level of an ad: of a beginner's title, of the years asked for, of a senior title; None if none says."""
    if _is_for_beginners(title):
        return "0-2"
    for found in _YEARS.finditer(text):
        years = _number(found["low"] or found["low2"])
        # Requirements come first; later sentences are about single tools.
        if years <= _MAX_YEARS and not _is_of_the_firm(text, found.start(), found.end()):
            return level_of(years)
    if _SENIOR.search(title) and not _HELPS.search(title):
        return "5-10"
    return "2-5" if _SEVERAL.search(text) else None


def _is_for_beginners(title: str) -> bool:
    return bool(_BEGINNER.search(_TASK.sub(" ", title)))


def _number(word: str) -> int:
    return int(word) if word.isdigit() else _NUMBERS[word.casefold()]


def _is_of_the_firm(text: str, start: int, end: int) -> bool:
    """Whether the sentence around these places speaks of the firm's own years."""
    before = _SENTENCE_START.search(text, max(0, start - 200), start)
    after = _SENTENCE_END.search(text, end, end + 200)
    sentence = text[before.end() if before else max(0, start - 200) : after.start() if after else end + 200]
    return bool(_FIRM.search(sentence)) and not _ASKS.search(sentence)
