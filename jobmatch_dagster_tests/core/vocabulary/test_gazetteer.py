"""What the names of places mean, in the spellings that people use."""

import itertools

import pytest

from jobmatch_dagster.core.vocabulary.gazetteer import country_codes, find_places, parts_of_address

_TOWNS = [
    ("Munich", "München", "Muenchen", "MUNICH ", "München"),
    ("Cologne", "Köln", "Koeln"),
    ("Frankfurt am Main", "Frankfurt", "Frankfurt/Main"),
    ("Freiburg im Breisgau", "Freiburg"),
    ("Vienna", "Wien"),
    ("Zurich", "Zürich", "Zuerich"),
    ("Nuremberg", "Nürnberg"),
    ("Braunschweig", "Brunswick"),
    ("Halle (Saale)", "Halle"),
]
_GERMAN_TOWNS = ["Munich", "Cologne", "Frankfurt am Main", "Freiburg", "Berlin", "Hamburg", "Bremen"]


@pytest.mark.parametrize("spellings", _TOWNS, ids=lambda names: names[0])
def test_every_spelling_is_the_same_town(spellings: tuple[str, ...]) -> None:
    assert len({find_places(name) for name in spellings}) == 1
    assert find_places(spellings[0])[0].kind == "town"


@pytest.mark.parametrize(("town", "rest"), itertools.product(_GERMAN_TOWNS, ["Germany", "Deutschland", "DE", "Europe"]))
def test_what_follows_a_town_says_where_it_is(town: str, rest: str) -> None:
    assert find_places(f"{town}, {rest}") == find_places(town)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Frankfurt (Oder)", "Frankfurt am Main"),
        ("Frankfurt, Brandenburg", "Frankfurt, Hessen"),
        ("Freiberg", "Freiburg"),
        ("Hamburg", "Hamburg, NY, United States"),
        ("Vienna, Virginia, United States", "Vienna"),
    ],
)
def test_towns_of_like_names_are_apart(one: str, other: str) -> None:
    assert find_places(one)[0].keys.isdisjoint(find_places(other)[0].keys)


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("Berlin, Hamburg", 2),
        ("Germany, Austria", 2),
        ("Bavaria, Hesse", 2),
        ("Bavaria, Germany", 1),
        ("New York, NY", 1),
    ],
)
def test_a_list_of_places_is_several(text: str, places: int) -> None:
    assert len(find_places(text)) == places


@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ("Germany", {"DE"}), ("bundesweit", {"DE"}), ("Österreich", {"AT"}), ("USA", {"US"}), ("UK", {"GB"}),
        ("DACH", {"DE", "AT", "CH"}), ("Benelux", {"BE", "NL", "LU"}), ("DEU", {"DE"}),
    ],
)  # fmt: skip
def test_countries_and_groups_are_their_members(name: str, codes: set[str]) -> None:
    assert country_codes(name) == codes


def test_europe_is_more_than_the_union() -> None:
    assert country_codes("EU") < country_codes("Europe") < country_codes("EMEA")
    assert "CH" in country_codes("Europe") - country_codes("EU")


@pytest.mark.parametrize("names", [("NRW", "Nordrhein-Westfalen", "North Rhine-Westphalia"), ("Bayern", "Bavaria")])
def test_regions_have_one_key(names: tuple[str, ...]) -> None:
    assert len({find_places(name)[0].keys for name in names}) == 1


def test_an_address_names_all_its_parts() -> None:
    kinds = [place.kind for place in parts_of_address("Munich, Bavaria, Germany")]
    assert kinds == ["town", "region", "country"]


def test_a_village_is_compared_by_its_name() -> None:
    assert find_places("Kleinkleckersdorf") == find_places("KLEINKLECKERSDORF")
    assert find_places("Kleinkleckersdorf")[0].coordinates is None
