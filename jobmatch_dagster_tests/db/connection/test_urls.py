"""Database URLs: usual spellings are read, a password is never shown."""

import pytest

from jobmatch_dagster.db.connection.urls import DatabaseUrlError, dagster_url, plain_url, safe_url, sqlalchemy_url


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg2", "postgresql+psycopg"])
def test_url_is_read_in_every_usual_spelling(scheme: str) -> None:
    url = f"{scheme}://ada:hunter2@host:5433/market"
    assert sqlalchemy_url(url) == "postgresql+psycopg2://ada:hunter2@host:5433/market"
    assert plain_url(url) == "postgresql://ada:hunter2@host:5433/market"
    assert dagster_url(url) == "postgresql+psycopg2://ada:hunter2@host:5433/market_dagster"


@pytest.mark.parametrize("url", ["postgresql://ada:hunter2@host/market", "postgresql://host/market?password=hunter2"])
def test_shown_url_has_no_password(url: str) -> None:
    assert "hunter2" not in safe_url(url)
    assert safe_url(url).endswith("host/market")


@pytest.mark.parametrize("url", ["market", "mysql://ada:hunter2@host/market", "postgresql://ada:hunter2@host"])
def test_other_texts_are_refused_without_their_password(url: str) -> None:
    with pytest.raises(DatabaseUrlError, match="expected postgresql://") as caught:
        sqlalchemy_url(url)
    assert "hunter2" not in str(caught.value)
