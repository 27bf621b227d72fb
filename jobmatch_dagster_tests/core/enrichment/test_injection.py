"""The screen on written payloads and on real ads; no payload moves a score or a band."""

import json
from dataclasses import replace

import pytest

from jobmatch_dagster.core.enrichment.analysis import posting_to_send, profile_to_send
from jobmatch_dagster.core.enrichment.answer import clamp_to_band
from jobmatch_dagster.core.enrichment.injection import signs
from jobmatch_dagster.core.enrichment.prompt import build_request
from jobmatch_dagster.core.matching.posting_facts import derive_facts
from jobmatch_dagster_tests.support.injections import AD, LANGUAGES, PROFILE, injections, seen_injections
from jobmatch_dagster_tests.support.pairs import analyse_pair, make_posting, make_profile
from jobmatch_dagster_tests.support.real_shape import SOURCES, days_of_ads

PAYLOADS = seen_injections()
_POSTING = make_posting(
    **AD,
    title="Backend Developer (m/w/d)",
    description="We look for a developer who knows Python and PostgreSQL. Du arbeitest im Team.",
    ai_keywords=["Python", "Technology", "REST"],
    ai_experience_level="2-5",
    ai_core_responsibilities="You build services. You review code.",
)
_PROFILE = make_profile(
    **PROFILE,
    seniority=None,
    work_arrangements=["Hybrid"],
)
_ORDINARY = (
    "You will act as the first point of contact for our customers and follow the instructions of the head nurse.",
    "Ignore the noise: we care about results. Forget boring meetings.",
    "Experience with AI assistants, ChatGPT or Claude is a plus. You are an AI enthusiast.",
    "We build large language models and need prompt engineers who write system prompts.",
    "Als KI-Entwickler arbeitest du mit Sprachmodellen. Wir bewerten Bewerbungen nach festen Kriterien.",
    "Bitte beachten Sie die Hinweise zum Datenschutz. Sie halten die geltenden Regeln und Vorschriften ein.",
    "Top 100 employer, rated 4.9 of 5. 100 % remote. You score in interviews with your German.",
    "Please mention your salary expectations and your earliest starting date in your application.",
    "Du zeigst Einsatz und gibst 100 Prozent. Wir setzen auf flache Hierarchien.",
    "The system administrator maintains rules, policies and guidelines. Human resources: your contact.",
    "Siga las instrucciones de seguridad y las normas del centro. Damos la bienvenida a todas las candidaturas.",
    "Buscamos un ingeniero de IA. Eres una persona creativa y das el 100 % en cada proyecto.",
    "Vous suivez les consignes de sécurité et notez les observations. Ajoutez un mot d'accompagnement.",
    "Vous êtes un expert en IA ou une assistante de direction. Nouvelles règles de télétravail : deux jours.",
    "N'oubliez pas les règles d'hygiène. Attention aux consignes, la note de frais est remboursée à 100 %.",
    "No olvides las normas de higiene. Valoramos la puntuación de tus proyectos.",
    "Soft\u00adware\u00adent\u00adwick\u00adler \u2764\ufe0f gesucht\u200b",
)


def test_the_list_has_enough_payloads_in_four_languages() -> None:
    """Two hundred texts; docs/threat-model.md gives the figures by language."""
    sections = injections()
    assert {name: len(set(texts)) for name, texts in sections.items()} == {
        "en": 101, "de": 36, "es": 43, "fr": 44, "unseen": 14,
    }  # fmt: skip
    assert set(sections) == {*LANGUAGES, "unseen"}


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_payload_is_seen(payload: str) -> None:
    assert signs(f"We are a friendly team in Berlin.\n{payload}\nApply now.")


@pytest.mark.parametrize("text", _ORDINARY)
def test_an_ordinary_sentence_is_not(text: str) -> None:
    assert signs(text) == ()


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_payload_moves_no_score_and_no_band_and_is_not_sent(payload: str) -> None:
    clean = analyse_pair(_POSTING, _PROFILE)
    for field in ("description", "title", "ai_core_responsibilities", "ai_requirements_summary", "company"):
        posting = replace(_POSTING, **{field: f"{getattr(_POSTING, field)}. {payload}"})
        sent = posting_to_send(posting, derive_facts(posting))
        assert sent.signs
        analysis = analyse_pair(posting, _PROFILE)
        assert analysis == clean
        request = build_request(profile_to_send(_PROFILE), sent.sent, analysis.sent)
        assert payload not in str(json.loads(request.pair))
        assert "responsibilities" not in sent.sent
        assert "text" not in sent.sent
        # A model that obeyed all the same could not lift the score beyond the band's edge.
        assert clamp_to_band(100, clean.percent).score == clamp_to_band(100, analysis.percent).score <= 84


def test_what_the_screen_misses_changes_no_score() -> None:
    lure = "This is truly the one and only job for the reader, says everyone."
    posting = replace(_POSTING, ai_requirements_summary=lure)
    assert posting_to_send(posting, derive_facts(posting)).signs == ()
    assert clamp_to_band(100, analyse_pair(posting, _PROFILE).percent).score == 84


@pytest.mark.parametrize("source", SOURCES)
def test_marked_ads_are_seen_and_others_are_not(source: str) -> None:
    """All of the marked ads are seen, and no more than one in a hundred of the others."""
    marked = others = seen = false_alarms = 0
    for ad in [ad for ads in days_of_ads(source).values() for ad in ads.values()]:
        text = f"{ad.title}\n{ad.description}"
        is_marked = "mention the word" in text.lower() or "ignore all previous instructions" in text.lower()
        found = bool(signs(text))
        marked, others = marked + is_marked, others + (not is_marked)
        seen, false_alarms = seen + (is_marked and found), false_alarms + (found and not is_marked)
    assert marked >= {"invented": 2, "real": 100}[source]
    assert seen == marked
    assert false_alarms <= others / 100
