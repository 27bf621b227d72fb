"""When two postings are one ad."""

import itertools
import random

import pytest

from jobmatch_dagster.core.catalog.dedupe import MIN_LIKENESS, ad_key, group_alike

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


def _naive(texts: dict[str, str]) -> list[list[str]]:
    """The definition, pair by pair; texts of three words or more, in lower case, without noise."""
    sets = {
        key: set(zip(*(words[n:] for n in range(3)), strict=False)) for key in texts for words in [texts[key].split()]
    }
    group = {key: {key} for key in texts}
    for one, other in itertools.combinations(texts, 2):
        if len(sets[one] & sets[other]) >= MIN_LIKENESS * len(sets[one] | sets[other]):
            group[one] |= group[other]
            for member in group[one]:
                group[member] = group[one]
    found = {min(members, key=lambda key: (len(key), key)): members for members in group.values() if len(members) > 1}
    by_age = lambda key: (len(key), key)  # noqa: E731
    return [sorted(found[first], key=by_age) for first in sorted(found, key=by_age)]


@pytest.mark.parametrize("seed", range(20))
def test_groups_are_those_of_comparing_every_pair(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311
    originals = [[f"w{chance.randrange(60)}" for _ in range(chance.randint(3, 90))] for _ in range(6)]
    texts = {}
    for number in chance.sample(range(5, 400), 40):
        words = list(chance.choice(originals))
        for _ in range(chance.randint(0, 6)):
            words[chance.randrange(len(words))] = f"w{chance.randrange(60)}"
        texts[str(number)] = " ".join(words[: len(words) - chance.randint(0, len(words) // 8)])
    assert group_alike(texts) == _naive(texts)
