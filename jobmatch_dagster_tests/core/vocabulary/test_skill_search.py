"""Skills that a running text names, and words in it that are no skills."""

import pytest

from jobmatch_dagster.core.vocabulary.skill_search import find_skills


def test_a_running_text_names_its_skills_and_no_others() -> None:
    text = "We go to market fast. You know C++, Go, and R; Java is a plus. Excellent communication and good laws."
    found = find_skills(text)
    assert set(found) >= {"C++", "Go", "R", "Java"}
    assert not {"JavaScript", "AWS", "C", "Microsoft Excel", "Excel"} & set(found)


@pytest.mark.parametrize(
    ("text", "skill"),
    [
        ("Going forward you will grow", "Go"), ("Red flags are raised", "R"), ("Class C offices", "C"),
        ("laws and claws", "AWS"), ("JavaScript everywhere", "Java"), ("React Native apps", "React"),
        ("NoSQL stores", "SQL"), ("excellent communication", "Excel"), ("basic care of visual things", "Visual"),
        ("C# and F# on networks", ".NET"), ("scalability", "Scala"),
    ],
)  # fmt: skip
def test_a_part_of_another_word_is_no_skill(text: str, skill: str) -> None:
    assert skill not in find_skills(text)


def test_words_with_signs_are_found_whole() -> None:
    assert find_skills("Skills: C, C#, C++, .NET, Node.js, CI/CD.") == ["C", "C#", "C++", ".NET", "Node.js", "CI/CD"]
    assert find_skills("Schweißen und Löten") == ["Schweißen"]
