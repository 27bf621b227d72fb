"""Skills that are similar by their vectors under the packaged model, and skills that are not."""

import functools

import numpy as np
import pytest
from numpy.typing import NDArray

from jobmatch_dagster.core.vocabulary.similar_skills import by_name, comparable, names_compared, neighbours
from jobmatch_dagster.core.vocabulary.skill_match import compare_skills, skill_ids
from jobmatch_dagster.resources.embedder import EmbedderResource


def _similar(skills: list[str]) -> dict[str, list[str]]:
    wanted = comparable(skill_ids(skills))
    return by_name(neighbours(wanted, EmbedderResource().encode(wanted).vectors, _table_vectors()))


@functools.cache
def _table_vectors() -> NDArray[np.float32]:
    return EmbedderResource().encode(names_compared()).vectors


@pytest.mark.parametrize(
    ("posting", "cv"),
    [("personal hygiene", "Hygiene"), ("pharmacy operations", "Pharmacy"), ("nursing science", "Nursing")],
)
def test_a_skill_outside_the_table_finds_its_neighbour(posting: str, cv: str) -> None:
    (hit,) = compare_skills([posting], [cv], _similar([posting])).hits
    assert (hit.kind, hit.job_skill, hit.cv_skill) == ("similar", posting, cv)


@pytest.mark.parametrize(
    ("posting", "cv"),
    [
        ("JavaScript frameworks", "Java"), ("core JavaScript", "Java"), ("Java 21", "JavaScript"),
        ("React Native Expo", "React"), ("React 19", "React Native"), ("NoSQL database design", "SQL"),
        ("SQL programming", "NoSQL"), ("C++ programming", "C"), ("C# programming", "C++"), ("C++17", "C#"),
        ("Go programming", "Python"), ("Golang programming", "Haskell"), ("R programming language", "Python"),
        ("communication excellence", "Excel"), ("laws and regulations", "AWS"), ("create puppets", "Puppet"),
        ("Spanish language", "German"), (".NET programming", "Networking"),
    ],
)  # fmt: skip
def test_vectors_join_no_skills_that_the_table_separates(posting: str, cv: str) -> None:
    hits = compare_skills([posting], [cv], _similar([posting])).hits
    assert "similar" not in {hit.kind for hit in hits}


def test_only_names_outside_the_table_are_compared() -> None:
    assert comparable(skill_ids(["Java", "JavaScript", "C++", "k8s", "mojo", "personal hygiene"])) == [
        "personal hygiene"
    ]
