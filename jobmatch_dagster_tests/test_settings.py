"""Settings: defaults, malformed and unknown variables, secrets, and what the resources make of them."""

import os
import re
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import dagster as dg
import pytest

from jobmatch_dagster.build import build_defs, default_resources
from jobmatch_dagster.environment import SettingsError, Variable, check_environment
from jobmatch_dagster.resources.claude import ClaudeResource
from jobmatch_dagster.resources.clock import ClockResource, wall_time
from jobmatch_dagster.settings import (
    GROUPS,
    ActiveJobsSettings,
    ClaudeSettings,
    DatabaseSettings,
    FolderSettings,
    MatchingSettings,
    OperationsSettings,
)

_VARIABLES = [variable for group in GROUPS for variable in group.variables()]
_MALFORMED = {
    "JOBMATCH_DATABASE_URL": ("mysql://someone:hunter2@host/name", "such as postgresql://user:password@host:5432/name"),
    "DAGSTER_DATABASE_URL": ("postgresql://someone:hunter2@host", "such as postgresql://user:password@host:5432/name"),
    "ACTIVE_JOBS_GENERATION": ("g3-hunter2", "g1 or g2"),
    "ACTIVE_JOBS_BASE_URL": ("hunter2", "a URL such as https://host/path"),
    "ANTHROPIC_BASE_URL": ("hunter2", "a URL such as https://host/path"),
    "CLAUDE_BUDGET_USD_PER_DAY": ("hunter2", "a number from 0"),
    "CLAUDE_BUDGET_USD_PER_RUN": ("-1", "a number from 0"),
    "CLAUDE_BATCH_MIN": ("0", "a whole number from 1"),
    "CLAUDE_MAX_PAIRS": ("1.5", "a whole number from 1"),
    "CLAUDE_FILL_PROFILES": ("hunter2", "1 or 0"),
    "EMBEDDING_BACKEND": ("gpu-hunter2", "openvino-bf16 or torch-fp32"),
    "HF_HUB_OFFLINE": ("hunter2", "1 or 0"),
    "JOBMATCH_AUTOMATION": ("on-hunter2", "off, sensors or running"),
    "JOBMATCH_FAILURE_WEBHOOK": ("hunter2", "a URL such as https://host/path"),
    "JOBMATCH_HEARTBEAT_URL": ("hunter2", "a URL such as https://host/path"),
    "JOBMATCH_CHANNELS": ("hook=hunter2", "mail=smtps://user:password@host?from=jobs@host"),
    "JOBMATCH_CLOCK": ("yesterday-hunter2", "a time such as 2026-11-20T09:15:00+00:00"),
}


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in _VARIABLES:
        monkeypatch.delenv(variable.name, raising=False)


@pytest.mark.parametrize("variable", _VARIABLES, ids=lambda variable: variable.name)
def test_variable_is_described(variable: Variable) -> None:
    assert re.fullmatch(r"[A-Z].*\.", variable.meaning)
    assert variable.takes
    assert [other.name for other in _VARIABLES].count(variable.name) == 1


@pytest.mark.parametrize("group", GROUPS)
def test_empty_variable_has_its_default(group: type, monkeypatch: pytest.MonkeyPatch) -> None:
    unset = group.read()
    for variable in group.variables():
        monkeypatch.setenv(variable.name, "")
    assert group.read() == unset


@pytest.mark.parametrize("name", _MALFORMED)
def test_malformed_variable_is_one_sentence(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    value, takes = _MALFORMED[name]
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        check_environment(GROUPS)
    sentence = str(caught.value)
    assert re.fullmatch(rf"{name} must be .*{re.escape(takes)}\.", sentence)
    assert "hunter2" not in sentence


def test_every_mistake_is_reported_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLAUDE_MAX_PAIRS", "many")
    monkeypatch.setenv("CLAUDE_BATCH_MIN", "few")
    monkeypatch.setenv("JOBMATCH_CLOCK", "soon")
    with pytest.raises(SettingsError) as caught:
        check_environment(GROUPS)
    assert re.findall(r"(\w+) must be", str(caught.value)) == ["CLAUDE_BATCH_MIN", "CLAUDE_MAX_PAIRS", "JOBMATCH_CLOCK"]


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("JOBMATCH_HOEM", "JOBMATCH_HOEM is not a setting; did you mean JOBMATCH_HOME?"),
        ("CLAUDE_BUGDET_USD_PER_DAY", "did you mean CLAUDE_BUDGET_USD_PER_DAY?"),
        ("CLAUDE_BUDGET_PER_DAY", "did you mean CLAUDE_BUDGET_USD_PER_DAY?"),
        ("CLAUDE_MODELS", "did you mean CLAUDE_MODEL?"),
        ("JOBMATCH_TEMPERATURE", "those that start with JOBMATCH_ are JOBMATCH_AUTOMATION, JOBMATCH_BUCKETS,"),
    ],
)
def test_unknown_variable_is_refused(name: str, sentence: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "hunter2")
    with pytest.raises(SettingsError) as caught:
        check_environment(GROUPS)
    assert sentence in str(caught.value)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "name",
    [
        "JOBMATCH_SERVICE_HOST", "JOBMATCH_PORT", "JOBMATCH_PORT_3000_TCP_ADDR", "JOBMATCH_WEB_SERVICE_PORT_HTTP",
        "CLAUDE_API_KEY", "CLAUDE_CODE_ENTRYPOINT", "CLAUDE_CODE_MODEL", "CLAUDE_CONFIG_DIR", "CLAUDE_TEMPERATURE",
    ],
)  # fmt: skip
def test_variables_of_others_are_ignored(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "tcp://10.0.0.1:3000")
    check_environment(GROUPS)


def test_values_are_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOBMATCH_HOME", "/data/home")
    monkeypatch.setenv("ESCO_SKILLS", os.pathsep.join(["skills_en.csv", "skills_de.csv"]))
    monkeypatch.setenv("CLAUDE_FILL_PROFILES", "1")
    monkeypatch.setenv("CLAUDE_BUDGET_USD_PER_RUN", "0")
    monkeypatch.setenv("JOBMATCH_CLOCK", "2026-11-20T10:15:00+01:00")
    assert FolderSettings.read().home == Path("/data/home")
    assert MatchingSettings.read().esco_skills == (Path("skills_en.csv"), Path("skills_de.csv"))
    assert ClaudeSettings.read().fill_profiles
    assert ClaudeSettings.read().budget_usd_per_run == 0
    assert OperationsSettings.read().clock == datetime(2026, 11, 20, 9, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    "url", ["postgres://a:b@h/n", "postgresql+psycopg2://h:1/n?sslmode=require", "postgresql:///n"]
)
def test_usual_database_urls_are_taken(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOBMATCH_DATABASE_URL", url)
    assert DatabaseSettings.read().url.get_secret_value() == url


def test_secrets_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = (
        "RAPIDAPI_KEY", "ANTHROPIC_API_KEY", "JOBMATCH_FAILURE_WEBHOOK", "JOBMATCH_HEARTBEAT_URL",
        "JOBMATCH_DATABASE_URL",
    )  # fmt: skip
    for name in secrets:
        database = name.endswith("_DATABASE_URL")
        monkeypatch.setenv(name, "postgresql://hunter2/hunter2" if database else "https://hunter2")
    assert "hunter2" not in repr([group.read() for group in GROUPS])
    assert "hunter2" not in repr(default_resources())


def test_resources_take_their_defaults_from_settings() -> None:
    resources = default_resources()
    claude, active_jobs = ClaudeSettings.read(), ActiveJobsSettings.read()
    for field in ("model", "budget_usd_per_day", "budget_usd_per_run", "batch_min", "max_pairs_per_run"):
        assert getattr(resources["claude"], field) == getattr(claude, field)
    assert (resources["claude"].api_key, resources["claude"].prices_file) == ("", "")
    assert resources["active_jobs"].base_url == active_jobs.base_url
    description = type(resources["claude"]).model_fields["batch_min"].description
    assert description == "So many requests or more are sent as a message batch, at half the price. (CLAUDE_BATCH_MIN)"


def test_resources_take_values_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLAUDE_BUDGET_USD_PER_DAY", "0.25")
    monkeypatch.setenv("CLAUDE_PRICES", "/etc/prices.toml")
    monkeypatch.setenv("ACTIVE_JOBS_GENERATION", "g2")
    monkeypatch.setenv("RAPIDAPI_KEY", "first")
    resources = default_resources()
    assert resources["claude"].budget_usd_per_day == 0.25
    assert resources["claude"].prices_file == "/etc/prices.toml"
    assert resources["active_jobs"].generation == "g2"
    # A secret is read when a run starts, not when the code location loads.
    monkeypatch.setenv("RAPIDAPI_KEY", "second")
    assert resources["active_jobs"].process_config_and_initialize().api_key == "second"


def test_empty_address_of_claude_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "")
    client = ClaudeResource(api_key="sk-test").client()
    assert str(client._api.base_url) == "https://api.anthropic.com"
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "http://127.0.0.1:9/proxy")
    assert str(ClaudeResource(api_key="sk-test").client()._api.base_url) == "http://127.0.0.1:9/proxy/"


def test_code_location_loads_without_any_variable() -> None:
    dg.Definitions.validate_loadable(build_defs())


def test_malformed_variable_keeps_the_location_from_loading(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLAUDE_BUDGET_USD_PER_DAY", "a lot")
    with pytest.raises(SettingsError, match=r"^CLAUDE_BUDGET_USD_PER_DAY must be a number from 0\.$"):
        build_defs()


def test_clock_is_the_machines_time_unless_fixed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert abs(ClockResource().now() - datetime.now(UTC)) < timedelta(seconds=5)
    monkeypatch.setenv("JOBMATCH_CLOCK", "2020-01-01T12:00:00")
    assert ClockResource().now() == datetime(2020, 1, 1, 12, tzinfo=UTC)
    assert abs(wall_time() - datetime.now(timezone(timedelta(hours=9)))) < timedelta(seconds=5)
