"""CVs of many fields, formats and layouts: ten invented ones, and the real ones where this machine has them."""

from datetime import date

import pytest

from jobmatch_dagster.core.profiles.profile import extract_profile
from jobmatch_dagster.resources.document_reader import read_many_in_child
from jobmatch_dagster_tests.support.cvs.invented import INVENTED_CVS
from jobmatch_dagster_tests.support.real_shape import SOURCES, real_cv_texts

_TODAY = date(2026, 11, 20)


def test_an_invented_cv_says_what_its_person_wrote() -> None:
    readings = read_many_in_child([cv.file for cv in INVENTED_CVS], today=_TODAY)
    for cv, reading in zip(INVENTED_CVS, readings, strict=True):
        profile = reading.profile
        assert profile is not None, (cv.name, reading.reason)
        assert profile.experience_years == cv.years, cv.name
        assert cv.skills <= set(profile.skills or []), cv.name
        assert cv.languages <= set(profile.languages or []), cv.name
        assert cv.industry is None or cv.industry in (profile.industries or []), cv.name


@pytest.mark.parametrize("source", SOURCES)
def test_a_cv_is_read_whatever_its_field(source: str) -> None:
    if source == "invented":
        texts = [reading.text or "" for reading in read_many_in_child([cv.file for cv in INVENTED_CVS], today=_TODAY)]
    else:
        texts = real_cv_texts()
    profiles = [extract_profile(text, today=_TODAY) for text in texts]
    assert len(profiles) > 100 or source == "invented"
    assert sum(bool(profile.skills) for profile in profiles) / len(profiles) > 0.9
    assert sum(bool(profile.industries) for profile in profiles) / len(profiles) >= 0.9
    assert all(profile.embedding_text for profile in profiles)
