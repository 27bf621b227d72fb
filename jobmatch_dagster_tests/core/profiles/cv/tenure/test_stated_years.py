"""Stated years: every way to write the amount in every sentence about one's work, and amounts of something else."""

import pytest

from jobmatch_dagster.core.profiles.cv.tenure.stated_years import durations, stated_years

# Amounts that may be in any sentence of their language.
_ENGLISH = {
    "8 years": 8, "8+ years": 8, "8 + years": 8, "8 plus years": 8, "8 yrs": 8, "8 yrs.": 8, "8yrs": 8, "8-year": 8,
    "eight years": 8, "Eight (8) years": 8, "8 (eight) years": 8,
    "8 or more years": 8, "1.5 years": 1.5, "1 ½ years": 1.5, "1½ years": 1.5, "one and a half years": 1.5,
    "half a year": 0.5, "5-7 years": 5, "5–7 years": 5, "5 to 7 years": 5,
    "twelve years": 12, "twenty years": 20, "twenty-five years": 25, "twenty five years": 25, "forty years": 40,
    "3 yrs 6 mos": 3.5, "3 years 6 months": 3.5, "3 years and 6 months": 3.5,
    "3 years, 6 months": 3.5, "18 months": 1.5, "over a decade": 10, "more than two decades": 20, "over 15 years": 15,
    "more than ten years": 10, "nearly 9 years": 9, "at least 6 years": 6,
    "approx. 7 years": 7, "a total of 11 years": 11, "well over 10 years": 10, "10 full years": 10,
}  # fmt: skip
_GERMAN = {
    "8 Jahre": 8, "8 Jahren": 8, "acht Jahre": 8, "Acht Jahren": 8, "8+ Jahre": 8, "10 J.": 10, "1,5 Jahre": 1.5,
    "anderthalb Jahre": 1.5, "eineinhalb Jahre": 1.5, "zweieinhalb Jahre": 2.5,
    "ein Jahr": 1, "ein halbes Jahr": 0.5, "zwölf Jahre": 12, "zwanzig Jahre": 20, "Zwanzig Jahre": 20,
    "fünfundzwanzig Jahre": 25, "dreißig Jahren": 30, "einem Jahrzehnt": 10, "zwei Jahrzehnten": 20,
    "über zehn Jahre": 10, "mehr als 15 Jahre": 15, "rund 6 Jahre": 6, "ca. 7 Jahre": 7, "knapp 9 Jahre": 9,
    "5-7 Jahre": 5, "5 bis 7 Jahre": 5, "3 Jahre und 6 Monate": 3.5, "18 Monate": 1.5,
    "gut 11 Jahre": 11, "insgesamt 14 Jahre": 14,
}  # fmt: skip
_FRENCH = {"8 ans": 8, "huit ans": 8, "plus de dix ans": 10, "vingt ans": 20, "dix-sept ans": 17, "18 mois": 1.5}
_ENGLISH_SENTENCES = (
    "{} of experience in testing", "{} experience", "{} of professional experience.",
    "I have {} of hands-on software engineering expertise", "With {} of experience, I build shops.",
    "Nurse with {} of clinical practice",
    "Experience: {}", "Total experience - {}", "Work experience of {}", "Experience ({})",
    "Backend developer with {} in software development.", "{} as a nurse", "I have worked as a nurse for {}.",
    "I have been working in retail for {}", "Working as a developer for the past {}",
    "Managing a private practice for {}", "Dedicated teacher bringing {} of teaching to your school",
    "For {} I worked as a cook",
    "Ada is an engineer. She has {} of experience in steel", "Led a team and have {} of experience in retail",
    "I work for a company with 200 people and I have {} of experience",
)  # fmt: skip
_GERMAN_SENTENCES = (
    "{} Berufserfahrung", "{} Erfahrung im Einkauf", "Köchin mit {} Berufserfahrung.", "Berufserfahrung: {}",
    "Berufserfahrung von {}", "Ich verfüge über {} einschlägige Erfahrung", "Seit {} als Köchin tätig",
    "Seit {} in der Softwareentwicklung tätig", "Ich arbeite seit {} als Pfleger", "Ich bin seit {} Köchin",
    "Entwickler mit {} im Vertrieb", "{} Praxis in der Pflege", "Teamleiter mit {} Führungserfahrung",
)  # fmt: skip
_FRENCH_SENTENCES = (
    "{} d'expérience en vente",
    "Avec {} d’expérience",
    "Je travaille depuis {} comme infirmière",
    "Expérience : {}",
)


@pytest.mark.parametrize(
    ("sentence", "amounts"),
    [
        *((sentence, _ENGLISH) for sentence in _ENGLISH_SENTENCES),
        *((sentence, _GERMAN) for sentence in _GERMAN_SENTENCES),
        *((sentence, _FRENCH) for sentence in _FRENCH_SENTENCES),
    ],
)
def test_every_amount_is_read_in_every_sentence(sentence: str, amounts: dict[str, float]) -> None:
    read = {amount: _years(sentence.format(amount)) for amount in amounts}
    assert read == amounts


@pytest.mark.parametrize(
    "sentence",
    [
        # Age.
        "I am {} old and have experience with Python.", "{} old, experienced in Python",
        "I am {} of age with experience in retail", "Aged {}, experienced in Python",
        "Age: {}, experience with Python",
        # Of an employer, a team, a mentee or a reader.
        "I work for a company with {} of experience.", "My employer has {} of experience in plastics.",
        "Worked for a firm that has {} of experience", "Agency with {} of experience in media",
        "Part of a team with {} of combined experience",
        "Led a team of 12 engineers with {} of experience", "Mentored juniors with {} of experience",
        "Hired developers having {} of experience", "Supervised colleagues who have {} of experience in nursing",
        "Trained candidates with {} of experience",
        "We have {} of experience in logistics", "Our {} of experience in logistics convince clients",
        "Our company's {} of experience", "The client has {} of experience",
        "A minimum of {} of experience is required", "{} of experience required",
        "Looking for people with {} of experience", "We have been working in logistics for {}",
        "Startups with {} of experience",
        # Of something else.
        "Machines with {} warranty; experience with Python", "Machines with {} warranty and experience with Python",
        "Our warehouse of {} ago needed experience.", "{} ago I gained first experience",
        "{} of marriage taught me, experience counts",
        "Moved here {} ago with experience in sales", "{} of life experience", "{} later I had experience",
        "A {} lease on the shop, retail experience", "Married for {}, experienced nurse", "Member of a choir for {}",
        "I have been a member of the union for {}", "{} of study and first experience", "Founded {} ago",
        "The bridge lasts {}.", "I lived in Lyon for {}",
    ],
)  # fmt: skip
def test_other_amounts_are_no_experience(sentence: str) -> None:
    amounts = ("25 years", "twenty-five years", "25 yrs", "over 25 years", "25+ years")
    assert {_years(sentence.format(amount)) for amount in amounts} == {None}


@pytest.mark.parametrize(
    "sentence",
    [
        "Ich bin {} alt und habe Erfahrung mit Python.", "{} alt, Erfahrung in Python",
        "Alter: {}, erfahren in Python", "Mein Arbeitgeber hat {} Erfahrung mit Kunststoffen.",
        "Tätig für ein Unternehmen mit {} Erfahrung", "Team mit {} Erfahrung",
        "Leitung eines Teams von 12 Leuten mit {} Erfahrung", "Unsere {} Erfahrung überzeugt",
        "Wir verfügen über {} Erfahrung", "Wir sind seit {} in der Branche tätig",
        "Betreuung von Mitarbeitern mit {} Erfahrung", "Einarbeitung von Kollegen mit {} Erfahrung",
        "Vor {} sammelte ich erste Erfahrung", "{} Garantie auf Geräte mit Praxis", "{} Lebenserfahrung",
        "Seit {} verheiratet", "Seit {} Mitglied im Verein", "Erforderlich sind {} Erfahrung",
        "{} Elternzeit, Erfahrung mit Kindern",
    ],
)  # fmt: skip
def test_other_german_amounts_are_no_experience(sentence: str) -> None:
    amounts = ("30 Jahre", "30 Jahren", "dreißig Jahren", "über 30 Jahren", "mehr als dreißig Jahre")
    assert {_years(sentence.format(amount)) for amount in amounts} == {None}


@pytest.mark.parametrize(
    "text",
    [
        "Less than 5 years of experience", "Under 5 years of experience", "Weniger als 5 Jahre Erfahrung",
        "Years of experience", "Several years of experience", "Mehrjährige Erfahrung", "0 years of experience",
        "70 years of experience", "any experience",
    ],
)  # fmt: skip
def test_no_lower_bound_is_no_amount(text: str) -> None:
    assert _years(text) is None


def test_a_sentence_goes_on_in_the_next_line() -> None:
    assert [years for years, _ in stated_years(["Nurse with more than 12", "years of clinical", "experience"])] == [12]
    assert _years("I am 25 years old.\nExperience with Python") is None


def test_the_words_that_state_the_years_are_shown() -> None:
    assert list(stated_years(["Nurse. I have more than 12 years of clinical experience in Lyon"])) == [
        (12.0, "12 years of clinical experience")
    ]


@pytest.mark.parametrize(("line", "years"), [("3 yrs 6 mos", 3.5), ("• 8 years", 8.0), ("(2 Jahre 6 Monate)", 2.5)])
def test_a_line_may_be_a_duration(line: str, years: float) -> None:
    assert [found for found, _ in durations([line])] == [years]
    assert not list(durations([f"{line} warranty"]))


def _years(text: str) -> float | None:
    return max((years for years, _ in stated_years(text.split("\n"))), default=None)
