"""The work arrangement that an ad offers, denies, or means otherwise."""

import pytest

from jobmatch_dagster.core.matching.ad_arrangement import read_arrangement

_OFFERED = ["Hybrid work is possible.", "Wir bieten Homeoffice.", "2 Tage Home-Office", "mobiles Arbeiten"]
_REMOTE = ["This position is fully remote.", "100% remote", "Komplett remote möglich."]
_DENIED = [
    "This role does not offer remote or hybrid arrangements.",
    "Homeoffice ist bei dieser Stelle leider nicht möglich.",
    "Kein Homeoffice.",
    "This is not a fully remote position.",
    "Unfortunately hybrid work is not possible.",
    "No hybrid option",
]
_OTHERWISE = [
    "You run our hybrid cloud and hybrid vehicles.",
    "Sie entwickeln Hybridantriebe und Hybrid-Cloud-Lösungen.",
    "Hybrid electric engines",
    "hybrid mobile apps",
]


@pytest.mark.parametrize("text", _OFFERED)
def test_an_offer_is_read(text: str) -> None:
    assert read_arrangement("Koch", "Berlin", text) == "Hybrid"


@pytest.mark.parametrize("text", _REMOTE)
def test_a_remote_offer_is_read(text: str) -> None:
    assert read_arrangement("Entwickler", "Berlin", text) == "Remote OK"


@pytest.mark.parametrize("text", [*_DENIED, *_OTHERWISE])
def test_what_is_denied_or_means_otherwise_is_no_offer(text: str) -> None:
    assert read_arrangement("Prüfer", "Berlin", text) is None
    assert read_arrangement("Prüfer", "Berlin", f"{text}\nWir bieten Homeoffice.") == "Hybrid"


@pytest.mark.parametrize("title", ["Remote Sensing Analyst", "Remote Support Technician", "Remote Pilot"])
def test_a_remote_subject_is_no_remote_work(title: str) -> None:
    assert read_arrangement(title, "Berlin", "") is None


@pytest.mark.parametrize(
    ("title", "location"), [("Manager - Remote", ""), ("Manager", "Remote"), ("Homeoffice Agent", "")]
)
def test_title_and_place_may_say_remote(title: str, location: str) -> None:
    assert read_arrangement(title, location, "") == "Remote OK"
