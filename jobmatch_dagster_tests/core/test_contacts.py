"""Contact data is removed wherever personal data is kept back, and what only looks like it stays."""

import json
import time
from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobmatch_dagster.core.contacts import mailboxes, remove_contacts
from jobmatch_dagster.core.enrichment.analysis import posting_to_send
from jobmatch_dagster.core.enrichment.answer import Answer, read_answer
from jobmatch_dagster.core.enrichment.prompt import build_request
from jobmatch_dagster.core.matching.posting_facts import derive_facts
from jobmatch_dagster.core.profiles.profile import Profile, extract_profile
from jobmatch_dagster.core.profiles.redact import redact
from jobmatch_dagster_tests.support.pairs import make_posting

# Each piece of contact data, with the parts of it that must not be left anywhere.
_CONTACTS = [
    ("zeno@example.org", ("zeno", "example")),
    ("Zeno.Quill+jobs@mail.example.co.uk,", ("Quill", "mail.example")),
    ("zeno@example .org", ("zeno", "example")),
    ("jürgen@müller.example", ("jürgen", "müller")),
    ("mailto:zeno@example.org", ("zeno", "example")),
    ("zeno (at) example (dot) org", ("zeno", "example")),
    ("zeno[at]example.org", ("zeno", "example")),
    ("https://zeno.example/cv", ("zeno", "cv")),
    ("http://user:pass@zeno.example", ("zeno", "pass")),
    ("www.zeno-quill.example", ("zeno", "quill")),
    ("linkedin.com/in/zenoquill", ("linkedin", "zenoquill")),
    ("de.linkedin.com/in/zenoquill", ("linkedin.com", "zenoquill")),
    ("github.com/zenoquill", ("github", "zenoquill")),
    ("xing.com/profile/zeno_quill", ("zeno_quill",)),
    ("instagram.com/zenoquill", ("zenoquill",)),
    ("t.me/zenoquill", ("zenoquill",)),
    ("+49 170 5550199177", ("170", "555")),
    ("+49 (0)30 555-0199", ("555", "0199")),
    ("+49 (0) 30 / 555 01 99", ("555", "01 99")),
    ("(030) 5550199", ("5550199",)),
    ("030/5550199/12", ("5550199",)),
    ("030 – 55 50 19 9", ("55 50", "19 9")),
    ("0170-555.01.99", ("555", "01.99")),
    ("(212) 555-0199", ("212", "0199")),
    ("00495550199", ("555",)),
    ("Tel:0305550199", ("555",)),
    ("0305550199x12", ("555",)),
]  # fmt: skip


def _profile(line: str) -> Profile:
    cv = f"Ada Example\n\nExperience\nNurse, Clinic, 2019 - 2022\n{line}\nSkills\nNursing, {line}, Wound Care\n"
    return extract_profile(cv, today=date(2026, 11, 20))


def _embedded(contact: str) -> str:
    """The text that is embedded, from a sentence, a title and an item of a list with the contact in it."""
    sentences = (f"Cared for patients of two wards, questions to {contact} at any hour", f"Senior Nurse {contact}")
    return " ".join(_profile(sentence).embedding_text for sentence in (*sentences, contact))


def _listed(contact: str) -> str:
    return " ".join(_profile(contact).skills or [])


def _sent_of_cv(contact: str) -> str:
    return redact(f"Ada Example\n\nExperience\nNurse, Clinic\nCared for patients, questions to {contact} at any hour\n")


def _sent_of_posting(contact: str) -> str:
    posting = make_posting(
        title=f"Nurse {contact}", company=f"Clinic {contact}", description="", ai_key_skills=["Nursing"],
        ai_keywords=[f"care {contact}"], ai_core_responsibilities=f"Care. Write to {contact} today.",
        ai_requirements_summary=f"Questions: {contact}",
    )  # fmt: skip
    sent = posting_to_send(posting, derive_facts(posting)).sent
    assert "responsibilities" in sent
    return json.dumps(sent, ensure_ascii=False)


def _shown_answer(contact: str) -> str:
    request = build_request({"skills": ["Nursing"]}, {"title": "Nurse", "skills": ["Nursing"]}, {})
    answer = {
        "claude_score": 70, "match_reasoning": f"You bring Nursing. Apply: {contact}", "potential_gaps": [],
        "key_alignments": [{"point": f"Nursing, {contact}", "quote": "Nursing"}],
    }  # fmt: skip
    content = [{"type": "text", "text": json.dumps(answer)}]
    read = read_answer({"content": content, "stop_reason": "end_turn"}, request)
    assert isinstance(read, Answer)
    assert read.reasoning.startswith("You bring Nursing.")
    return f"{read.reasoning} {read.alignments}"


_USERS: dict[str, Callable[[str], str]] = {
    "embedded profile": _embedded, "listed skills": _listed, "CV for Claude": _sent_of_cv,
    "posting for Claude": _sent_of_posting, "answer of Claude": _shown_answer,
}  # fmt: skip


@pytest.mark.parametrize("user", _USERS)
@pytest.mark.parametrize(("contact", "parts"), _CONTACTS, ids=[contact for contact, _ in _CONTACTS])
def test_contacts_are_removed_by_every_user(contact: str, parts: tuple[str, ...], user: str) -> None:
    left = _USERS[user](contact)
    assert [part for part in parts if part.casefold() in left.casefold()] == []


_SEPARATORS = st.sampled_from(["", " ", "-", "/", ".", " - ", " / ", " – ", ") "])


@given(
    st.sampled_from(["", "+49", "0049 ", "+1 ", "("]),
    st.lists(st.tuples(st.from_regex(r"[0-9]{2,5}", fullmatch=True), _SEPARATORS), min_size=4, max_size=6),
)
def test_no_digit_of_a_phone_number_is_left(prefix: str, groups: list[tuple[str, str]]) -> None:
    # A group that could be a year is left out: two of them are a range of years.
    number = prefix + "".join(("7" + digits + separator) for digits, separator in groups)
    assert not any(character.isdigit() for character in remove_contacts(f"Call {number} today", ""))


@pytest.mark.parametrize(
    "text",
    [
        "Nurse 2018 - 2020", "Nurse 2018–2020", "03/2018 – 12/2020", "01.03.2018 – 28.02.2021", "03/18 - 02/21",
        "Wintersemester 2026/2027", "Windows Server 2008 2012 2016", "2006-2007 2008-2009", "45.000 - 60.000 EUR",
        "C++11/14/17/20", "C#, .NET 8, Node.js, ASP.NET", "24/7/365", "ISO 27001:2022", "5 years, 12,500 users",
        "CI/CD at 100 %", "R&D @ Kranich", "GitHub Actions and GitLab CI",
    ],
)  # fmt: skip
def test_ranges_and_skills_stay(text: str) -> None:
    assert remove_contacts(text, "[removed]") == text


def test_mailboxes_are_the_names_of_addresses() -> None:
    assert mailboxes("Mail: zeno.quill@example.org, ada_x@b.example; @nobody") == ["zeno.quill", "ada_x"]


@pytest.mark.parametrize("unit", ["a", "a.", "1 ", "1-", "a@", "@", "(", "a (at ", "www.", "://", "+", "2018 - 2020 "])
def test_long_texts_take_linear_time(unit: str) -> None:
    started = time.process_time()
    remove_contacts(unit * (200_000 // len(unit)), "")
    assert time.process_time() - started < 2
