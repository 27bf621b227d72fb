"""A reason in the user's language: the same facts, exact sentences."""

import pytest

from jobmatch_dagster.core.matching.calibration import Calibration
from jobmatch_dagster.core.matching.judge import PairFacts, ProfileFacts, ScoringRules, judge
from jobmatch_dagster.core.matching.posting_facts import PostingFacts
from jobmatch_dagster.core.matching.reason_words import _ARRANGEMENTS, _FIELDS, REASON_WORDS
from jobmatch_dagster.core.posting import INDUSTRIES, WORK_ARRANGEMENTS
from jobmatch_dagster.core.profiles.preferences import EXPLANATION_LANGUAGES
from jobmatch_dagster.core.vocabulary.similar_skills import by_name
from jobmatch_dagster.core.vocabulary.skill_table import canonical

_SEVEN = ["Python", "SQL", "Docker", "Nursing", "Zither", "Harp", "C++"]
_SCALE = Calibration(((0.0, 0), (1.0, 100)))


@pytest.mark.parametrize(
    ("profile", "posting", "english", "german"),
    [
        (
            ProfileFacts(["Python", "SQL"]), PostingFacts(_SEVEN),
            "Shows 2 of 7 skills asked for: Python, SQL.",
            "Sie bringen 2 von 7 geforderten Kenntnissen mit: Python, SQL.",
        ),
        (
            ProfileFacts(_SEVEN), PostingFacts(_SEVEN),
            "Shows 7 of 7 skills asked for: Python, SQL, Docker, Nursing, Zither and 2 more.",
            "Sie bringen 7 von 7 geforderten Kenntnissen mit: Python, SQL, Docker, Nursing, Zither und 2 weitere.",
        ),
        (
            ProfileFacts(["Baking"]), PostingFacts(_SEVEN),
            "Shows 0 of 7 skills asked for.",
            "Von den 7 geforderten Kenntnissen nennt Ihr Lebenslauf keine.",
        ),
        (
            ProfileFacts(["Harp"]), PostingFacts(["Harp"]),
            "Shows 1 of 1 skills asked for: Harp.",
            "Sie bringen die geforderte Kenntnis mit: Harp.",
        ),
        (
            ProfileFacts(["Baking"]), PostingFacts(["Harp"]),
            "Shows 0 of 1 skills asked for.",
            "Die geforderte Kenntnis nennt Ihr Lebenslauf nicht.",
        ),
        (
            ProfileFacts(None, "2-5", ["Healthcare"]), PostingFacts(None, "5-10", ["Healthcare"], "Remote Solely"),
            "Experience 2-5 years, 5-10 years asked for; same field (Healthcare); work is remote solely.",
            ("Berufserfahrung: 2–5 Jahre, gefordert sind 5–10 Jahre; gleiches Berufsfeld (Gesundheitswesen); "
            "ausschließlich Homeoffice."),
        ),
        (
            ProfileFacts(None, "10+", ["Legal"]), PostingFacts(None, "10+", ["Retail"], "On-site"),
            "Experience 10+ years, the level asked for; field is Retail, CV is of Legal; work is on-site.",
            ("Berufserfahrung: mehr als 10 Jahre, wie gefordert; Berufsfeld der Stelle: Einzelhandel, des Lebenslaufs: "
            "Recht; Arbeit vor Ort."),
        ),
        (
            ProfileFacts(None, "2-5", ["Alchemy"]), PostingFacts(None, "3-7", ["Alchemy"], "On the moon"),
            "Experience 2-5 years, 3-7 years asked for; same field (Alchemy); work is on the moon.",
            ("Berufserfahrung: 2–5 Jahre, gefordert sind 3–7 Jahre; gleiches Berufsfeld (Alchemy); "
            "Arbeitsort: On the moon."),
        ),
        (ProfileFacts(), PostingFacts(None, None, None, "Remote OK"), "Work is remote ok.", "Homeoffice möglich."),
        (ProfileFacts(), PostingFacts(), "", ""),
    ],
)  # fmt: skip
def test_facts_are_said_in_both_languages(
    profile: ProfileFacts, posting: PostingFacts, english: str, german: str
) -> None:
    assert _reasons(profile, posting, None) == {"en": english, "de": german}


def test_likeness_of_texts_is_alone_or_last() -> None:
    assert _reasons(ProfileFacts(), PostingFacts(), 0.71) == {
        "en": "Texts alike to 71 of 100.", "de": "Textähnlichkeit: 71 von 100.",
    }  # fmt: skip
    hybrid = PostingFacts(None, None, None, "Hybrid")
    assert _reasons(ProfileFacts(), hybrid, 0.71)["de"] == (
        "Teils Homeoffice, teils vor Ort; Textähnlichkeit: 71 von 100."
    )


def test_a_close_skill_is_named_in_german() -> None:
    rules = ScoringRules(similar_skills=by_name({canonical("Python"): ["zither"]}))
    pair = PairFacts(ProfileFacts(["Zither"], explanation_language="de"), PostingFacts(["Python", "Harp"]))
    assert "Zither ist verwandt mit Python." in judge(pair, rules).reasoning


def test_the_vocabulary_is_known_in_german() -> None:
    assert tuple(_FIELDS) == INDUSTRIES
    assert tuple(_ARRANGEMENTS) == WORK_ARRANGEMENTS
    assert tuple(REASON_WORDS) == EXPLANATION_LANGUAGES


def _reasons(profile: ProfileFacts, posting: PostingFacts, similarity: float | None) -> dict[str, str]:
    """The reason by language; no number depends on it."""
    found = {}
    for language in EXPLANATION_LANGUAGES:
        own = ProfileFacts(profile.skills, profile.experience_level, profile.industries, explanation_language=language)
        found[language] = judge(PairFacts(own, posting, similarity), ScoringRules(), _SCALE)
    assert len({judged._replace(reasoning="") for judged in found.values()}) == 1
    return {language: judged.reasoning for language, judged in found.items()}
