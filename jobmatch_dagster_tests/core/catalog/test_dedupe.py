"""When two postings are one ad."""

import pytest

from jobmatch_dagster.core.catalog.dedupe import ad_key, group_alike

_TEXT = " ".join(f"word{n} does things with thing{n % 7}" for n in range(60))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("Kranich GmbH", "Data Engineer (m/w/d)"), ("Kranich", "Data  Engineer")),
        (("Kranich GmbH & Co. KG", "Data Engineer (f/m/x)"), ("KRANICH", "Data Engineer [w/m/d]")),
        (("EverX Limited", "Editor (Full Remote - Worldwide)"), ("EverX", "Editor")),
    ],
)
def test_the_same_company_and_title_in_other_spellings(one: tuple[str, str], other: tuple[str, str]) -> None:
    assert ad_key(*one) == ad_key(*other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("Kranich", "Steuerberater in Uetersen"), ("Kranich", "Steuerberater in Magstadt")),
        (("Kranich", "C Developer"), ("Kranich", "C++ Developer")),
        (("Kranich", "Engineer (Berlin)"), ("Kranich", "Engineer (Munich)")),
        (("Kranich", "Engineer"), ("Lindenhof", "Engineer")),
    ],
)
def test_another_title_or_company_is_another_job(one: tuple[str, str], other: tuple[str, str]) -> None:
    assert ad_key(*one) != ad_key(*other)


def test_nearly_identical_texts_are_one_group() -> None:
    footer = " Find more English Speaking Jobs in Germany on Arbeitnow"
    texts = {"10": _TEXT, "9": _TEXT + footer, "11": _TEXT.replace("word3 ", "another "), "12": _TEXT[::-1]}
    assert group_alike(texts) == [["9", "10", "11"]]
    assert group_alike(dict(reversed(texts.items()))) == [["9", "10", "11"]]


def test_short_and_empty_texts_are_grouped() -> None:
    assert group_alike({"1": "", "2": "word"}) == []
    assert group_alike({"1": "Nurse wanted", "2": "nurse  WANTED"}) == [["1", "2"]]
