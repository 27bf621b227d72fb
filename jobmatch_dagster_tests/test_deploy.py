"""The files of `deploy/`: Dagster loads each instance, and the containers keep the rules of a production machine."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import yaml
from dagster_k8s.job import get_user_defined_k8s_config

from jobmatch_dagster import names
from jobmatch_dagster.build import build_defs
from jobmatch_dagster.db.connection.engine import ensure_database
from jobmatch_dagster.db.connection.urls import dagster_url, sqlalchemy_url
from jobmatch_dagster.settings import GROUPS

_ROOT = Path(__file__).parents[1]
_DEPLOY = _ROOT / "deploy"
_SETTINGS = {variable.name for group in GROUPS for variable in group.variables()}
_SECRETS = {
    str(info.validation_alias)
    for group in GROUPS
    for info in group.model_fields.values()
    if "SecretStr" in str(info.annotation)
}
# Of Dagster, of the server's image, of Celery, of Python and its packages.
_FOREIGN = {"DAGSTER_CURRENT_IMAGE", "DAGSTER_HOME", "POSTGRES_USER", "POSTGRES_DB", "POSTGRES_PASSWORD"}
_FOREIGN |= {"CELERY_BROKER", "REMAP_SIGTERM"}
_OF_THE_IMAGE = {"PATH", "PYTHONUNBUFFERED", "MPLCONFIGDIR", "PIP_NO_CACHE_DIR", "PIP_DISABLE_PIP_VERSION_CHECK"}
_SECRET_NAME = re.compile(r"PASSWORD|SECRET|TOKEN|_KEY\b|CREDENTIAL", re.IGNORECASE)
_URL_WITH_PASSWORD = re.compile(r"://[^/\s:@]+:[^/\s@]+@")
_LAUNCHERS = {"docker": "DockerRunLauncher", "celery": "CeleryRunLauncher"}
_BROKER = "redis://127.0.0.1:6379/0"


@pytest.mark.parametrize(
    ("name", "executor"),
    [
        ("in_process", "in_process"), ("multiprocess", "multiprocess"), ("docker", "docker"), ("celery", "celery"),
        ("kubernetes", "k8s"),
    ],
)  # fmt: skip
def test_steps_run_where_the_setting_says(name: str, executor: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOBMATCH_EXECUTOR", name)
    assert build_defs().resolve_job_def("hourly_collection").executor_def.name == executor


def _read(path: Path) -> Any:
    return yaml.safe_load(path.read_text("utf-8"))


def _services(*files: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for file in files:
        for name, service in _read(_DEPLOY / file)["services"].items():
            yield file, name, service


_EVERY_COMPOSE = list(_services("compose.yaml", "docker/compose.yaml", "celery/compose.yaml"))
# A file on top says what it changes of a service, or describes one of its own, with an image.
_COMPOSE = [(file, name, service) for file, name, service in _EVERY_COMPOSE if "image" in service]
_each_service = pytest.mark.parametrize("service", [s for _, _, s in _COMPOSE], ids=[n for _, n, _ in _COMPOSE])
_each_compose = pytest.mark.parametrize(
    "service", [s for _, _, s in _EVERY_COMPOSE], ids=[f"{f}-{n}" for f, n, _ in _EVERY_COMPOSE]
)


def _example(name: str) -> dict[str, str]:
    lines = (_DEPLOY / name).read_text("utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


@pytest.fixture
def storage(database_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """URL of an empty database for Dagster, as `DAGSTER_DATABASE_URL` has it."""
    url = sqlalchemy_url(dagster_url(database_url))
    ensure_database(url)
    monkeypatch.setenv("DAGSTER_DATABASE_URL", url)
    monkeypatch.setenv("CELERY_BROKER", _BROKER)
    return url


def _load(folder: Path, instance: dict[str, Any]) -> dict[str, Any]:
    """What Dagster makes of an instance file; it raises where the file does not fit its schema."""
    (folder / "dagster.yaml").write_text(yaml.safe_dump(instance), "utf-8")
    with dg.DagsterInstance.from_config(str(folder)) as loaded:
        assert loaded.get_runs_count() == 0
        return {
            "launcher": type(loaded.run_launcher).__name__,
            "coordinator": type(loaded.run_coordinator).__name__,
            "monitoring": loaded.run_monitoring_max_runtime_seconds,
            "retries": loaded.run_retries_max_retries,
            "pools": loaded.get_concurrency_config().pool_config.default_pool_limit,
        }


@pytest.mark.parametrize("kind", _LAUNCHERS)
def test_instance_differs_in_its_launcher_alone(kind: str) -> None:
    instance = _read(_DEPLOY / kind / "dagster.yaml")
    assert instance.pop("run_launcher")["class"] == _LAUNCHERS[kind]
    assert instance == _read(_ROOT / "dagster.yaml")


@pytest.mark.parametrize("kind", _LAUNCHERS)
def test_dagster_loads_the_instance(kind: str, storage: str, tmp_path: Path) -> None:
    loaded = _load(tmp_path, _read(_DEPLOY / kind / "dagster.yaml"))
    assert loaded == {
        "launcher": _LAUNCHERS[kind],
        "coordinator": "QueuedRunCoordinator",
        "monitoring": 7200,
        "retries": 2,
        "pools": 1,
    }


def test_a_misspelled_field_of_the_launcher_is_refused(storage: str, tmp_path: Path) -> None:
    """Otherwise the tests above would show nothing."""
    instance = _read(_DEPLOY / "docker" / "dagster.yaml")
    instance["run_launcher"]["config"]["network_names"] = ["jobmatch"]
    with pytest.raises(dg.DagsterInvalidConfigError, match="network_names"):
        _load(tmp_path, instance)


def test_containers_of_runs_get_what_the_daemon_has() -> None:
    """The launcher fails at a name that the daemon's environment lacks, and a run without a key fails later."""
    config = _read(_DEPLOY / "docker" / "dagster.yaml")["run_launcher"]["config"]
    assert config["env_vars"] == list(_example("env.example"))
    volumes = {volume.split(":")[0] for volume in config["container_kwargs"]["volumes"]}
    compose = _read(_DEPLOY / "compose.yaml")
    written = {f"{compose['name']}_{volume}" for volume in ("inbox", "digests", "erasures")}
    assert volumes >= written, "what a run writes outlives it"
    assert volumes <= {f"{compose['name']}_{volume}" for volume in compose["volumes"]}
    assert config["networks"] == [network["name"] for network in compose["networks"].values()]
    assert config["container_kwargs"]["mem_limit"]


def test_kubernetes_has_the_settings_of_the_instance() -> None:
    values, instance = _read(_DEPLOY / "helm" / "values.yaml"), _read(_ROOT / "dagster.yaml")
    of_the_chart = {"storage", "telemetry", "nux"}
    assert values["additionalInstanceConfig"] == {k: v for k, v in instance.items() if k not in of_the_chart}
    daemon = values["dagsterDaemon"]
    # The chart would write these a second time.
    assert not any(daemon[section]["enabled"] for section in ("runCoordinator", "runMonitoring", "runRetries"))
    assert not any(daemon[section]["useThreads"] for section in ("sensors", "schedules"))
    assert not values["retention"]["enabled"]
    assert not values["telemetry"]["enabled"]


def test_dagster_loads_the_kubernetes_instance(storage: str, tmp_path: Path) -> None:
    values = _read(_DEPLOY / "helm" / "values.yaml")
    launcher = values["runLauncher"]["config"]["k8sRunLauncher"]
    cluster = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "here", "cluster": {"server": "https://127.0.0.1:6443"}}],
        "contexts": [{"name": "here", "context": {"cluster": "here", "user": "nobody"}}],
        "users": [{"name": "nobody", "user": {}}],
        "current-context": "here",
    }
    (tmp_path / "cluster.yaml").write_text(yaml.safe_dump(cluster), "utf-8")
    config = {
        # What the chart writes by itself.
        "service_account_name": "dagster",
        "instance_config_map": "dagster-instance",
        "dagster_home": "/opt/dagster/dagster_home",
        "postgres_password_secret": values["global"]["postgresqlSecretName"],
        "load_incluster_config": False,
        "kubeconfig_file": str(tmp_path / "cluster.yaml"),
        "image_pull_policy": launcher["imagePullPolicy"],
        "fail_pod_on_run_failure": launcher["failPodOnRunFailure"],
        "resources": launcher["resources"],
        "run_k8s_config": {
            "pod_spec_config": launcher["runK8sConfig"]["podSpecConfig"],
            "job_spec_config": launcher["runK8sConfig"]["jobSpecConfig"],
        },
    }
    instance = {
        "storage": _read(_ROOT / "dagster.yaml")["storage"],
        "run_launcher": {"module": "dagster_k8s", "class": "K8sRunLauncher", "config": config},
        **values["additionalInstanceConfig"],
    }
    loaded = _load(tmp_path, instance)
    assert (loaded["launcher"], loaded["retries"]) == ("K8sRunLauncher", 2)


def test_kubernetes_secrets_are_names() -> None:
    text = (_DEPLOY / "helm" / "values.yaml").read_text("utf-8")
    values = yaml.safe_load(text)
    assert not values["postgresql"]["enabled"]
    assert not values["generatePostgresqlPasswordSecret"]
    assert "postgresqlPassword" not in values["postgresql"]
    assert not _URL_WITH_PASSWORD.search(text)
    (deployment,) = values["dagster-user-deployments"]["deployments"]
    assert deployment["envSecrets"] == [{"name": "jobmatch-settings"}]
    assert set(deployment["env"]) <= _SETTINGS - _SECRETS


def test_kubernetes_limits_every_container() -> None:
    values = _read(_DEPLOY / "helm" / "values.yaml")
    (deployment,) = values["dagster-user-deployments"]["deployments"]
    launcher = values["runLauncher"]["config"]["k8sRunLauncher"]
    for container in (deployment, values["dagsterWebserver"], values["dagsterDaemon"], launcher):
        assert container["resources"]["limits"]["memory"]
        assert container["resources"]["requests"]["cpu"]
    for container in (deployment, values["dagsterWebserver"], values["dagsterDaemon"]):
        assert container["podSecurityContext"]["runAsNonRoot"]
        assert not container["securityContext"]["allowPrivilegeEscalation"]


def test_bulk_jobs_ask_kubernetes_for_more() -> None:
    """The launcher reads a job's tag with its own schema; every other job has the resources of the values."""
    common = _read(_DEPLOY / "helm" / "values.yaml")["runLauncher"]["config"]["k8sRunLauncher"]["resources"]
    jobs = [job for job in build_defs().get_repository_def().get_all_jobs() if not job.name.startswith("__")]
    bulk = {job.name for job in jobs if job.tags.get(names.TAG_ROOM) == "bulk"}
    assert {"hourly_collection", "match_existing_jobs"} <= bulk
    for job in jobs:
        config = get_user_defined_k8s_config(job.tags).container_config
        assert bool(config) == (job.name in bulk), job.name
        if config:
            assert _gib(config["resources"]["limits"]["memory"]) > _gib(common["limits"]["memory"])


def _gib(amount: str) -> int:
    return int(amount.removesuffix("Gi"))


def test_location_has_one_name_everywhere() -> None:
    (server,) = _read(_DEPLOY / "workspace.yaml")["load_from"]
    values = _read(_DEPLOY / "helm" / "values.yaml")
    (named,) = values["dagsterWebserver"]["workspace"]["servers"]
    (deployment,) = values["dagster-user-deployments"]["deployments"]
    assert server["grpc_server"]["location_name"] == named["name"] == names.CODE_LOCATION
    assert server["grpc_server"]["host"] in _read(_DEPLOY / "compose.yaml")["services"]
    assert (named["host"], named["port"]) == (deployment["name"], deployment["port"])
    assert f'"-p", "{server["grpc_server"]["port"]}"' in _stages()[-1]


@_each_service
def test_service_restarts_within_its_memory(service: dict[str, Any]) -> None:
    assert re.fullmatch(r"unless-stopped|on-failure:\d", service["restart"])
    assert re.fullmatch(r"\d+[mg]", service["mem_limit"])
    assert service["logging"]["options"]["max-size"]
    assert service["networks"] == ["jobmatch"]


@_each_service
def test_service_is_reachable_from_this_machine_alone(service: dict[str, Any]) -> None:
    assert all(re.fullmatch(r"127\.0\.0\.1:\d+:\d+", port) for port in service.get("ports", []))
    assert service.get("network_mode") is None
    assert not service.get("privileged")


@_each_compose
def test_service_has_no_secret(service: dict[str, Any]) -> None:
    text = yaml.safe_dump(service)
    assert not _URL_WITH_PASSWORD.search(text)
    assert not _SECRETS & set(re.findall(r"\w+", text))
    environment = service.get("environment", {})
    assert set(environment) <= _SETTINGS - _SECRETS | _FOREIGN
    assert not any(_SECRET_NAME.search(name) for name in environment)


@_each_service
def test_service_has_a_check_of_its_health(service: dict[str, Any]) -> None:
    """The code server's is the image's own, and what ends by itself needs none."""
    check = service.get("healthcheck", {})
    own = str(service.get("image")).startswith("jobmatch:") and "command" not in service
    assert check.get("test") or check.get("disable") == service["restart"].startswith("on-failure") or own


def test_everything_waits_for_the_migration() -> None:
    services = _read(_DEPLOY / "compose.yaml")["services"]
    assert services["migrate"]["depends_on"]["database"]["condition"] == "service_healthy"
    programs = set(services) - {"database", "migrate"}
    assert len(programs) == 3
    for name in programs:
        assert services[name]["depends_on"]["migrate"]["condition"] == "service_completed_successfully"


def test_data_outlive_their_containers() -> None:
    compose = _read(_DEPLOY / "compose.yaml")
    mounted = {volume.split(":")[0] for s in compose["services"].values() for volume in s.get("volumes", [])}
    assert mounted == set(compose["volumes"])


def test_workers_have_what_a_code_server_has() -> None:
    """They run what it ran: the same environment and volumes, with the instance that names the broker."""
    one, many = _read(_DEPLOY / "compose.yaml")["services"], _read(_DEPLOY / "celery" / "compose.yaml")["services"]
    worker = many["worker"]
    assert worker["env_file"] == one["code-server"]["env_file"]
    assert set(worker["volumes"]) >= set(one["code-server"]["volumes"])
    assert "container_name" not in worker, "it can be scaled"
    assert "ports" not in worker
    programs = {name for name in one if name not in {"database", "migrate"}} | {"worker"}
    for name in programs:
        assert many[name]["environment"]["CELERY_BROKER"].startswith("redis://broker:"), name
        assert "./celery/dagster.yaml:/srv/dagster/dagster.yaml:ro" in many[name]["volumes"], name


@pytest.mark.parametrize("name", ["env.example", "database.env.example"])
def test_each_example_is_of_settings_without_secrets(name: str) -> None:
    variables = _example(name)
    assert variables.keys() <= _SETTINGS | _FOREIGN
    assert not any(variables[secret] for secret in variables if secret in _SECRETS or _SECRET_NAME.search(secret))
    ignored = (_ROOT / ".gitignore").read_text("utf-8").splitlines()
    assert "deploy/*.env" in ignored


def _instructions() -> list[str]:
    text = (_DEPLOY / "Dockerfile").read_text("utf-8")
    joined = re.sub(r"\\\n", " ", "\n".join(line for line in text.splitlines() if not line.startswith("#")))
    return [line.strip() for line in joined.splitlines() if line.strip()]


def _stages() -> list[str]:
    return [f"FROM {stage}" for stage in re.split(r"^FROM ", "\n".join(_instructions()), flags=re.MULTILINE)[1:]]


def test_image_runs_as_a_user_with_a_health_check() -> None:
    assert len(_stages()) > 1
    last = _stages()[-1].splitlines()
    users = [line.split()[1] for line in last if line.startswith("USER ")]
    assert re.fullmatch(r"[1-9]\d+:[1-9]\d+", users[-1])
    assert last.index(f"USER {users[-1]}") < next(i for i, line in enumerate(last) if line.startswith("CMD "))
    assert any(line.startswith("HEALTHCHECK ") for line in last)
    assert any(line.startswith("LABEL org.opencontainers.image.title=") for line in last)


def test_base_of_the_image_can_be_chosen() -> None:
    assert re.fullmatch(r"ARG BASE=\S+:3\.1[1-4]-\S+", _instructions()[0])
    assert all(stage.startswith("FROM ${BASE}") for stage in _stages())


def test_last_stage_installs_nothing() -> None:
    last = _stages()[-1]
    assert not re.search(r"\b(pip|apt-get|gcc|build-essential|curl|git)\b", last)
    copied = re.findall(r"^COPY (?!--from=build)(\S+)", last, re.MULTILINE)
    assert copied == ["deploy/workspace.yaml", "dagster.yaml"]


def test_no_secret_is_in_a_layer() -> None:
    for line in _instructions():
        kind, _, rest = line.partition(" ")
        if kind not in {"ARG", "ENV"}:
            continue
        assigned = [word.partition("=")[0] for word in shlex.split(rest)]
        assert not _SECRETS & set(assigned)
        assert not any(_SECRET_NAME.search(name) for name in assigned)
        if kind == "ENV":
            assert set(assigned) <= _SETTINGS | _FOREIGN | _OF_THE_IMAGE


def test_image_asks_no_model_hub() -> None:
    last = _stages()[-1]
    assert "HF_HUB_OFFLINE=1" in last
    assert "XDG_CACHE_HOME=/app/cache" in last
    assert "XDG_CACHE_HOME=/app/cache" in _stages()[0], "the model is converted where the image looks for it"


def test_context_of_the_image_is_a_list_of_what_goes_in() -> None:
    lines = [line for line in (_ROOT / ".dockerignore").read_text("utf-8").splitlines() if not line.startswith("#")]
    assert lines[0] == "*"
    allowed = {line[1:] for line in lines if line.startswith("!")}
    assert all((_ROOT / name).exists() for name in allowed)
    copied = {word for line in _instructions() for word in _sources(line)}
    assert copied <= allowed


def _sources(line: str) -> list[str]:
    words = line.split()
    return [] if words[0] != "COPY" or words[1].startswith("--from") else words[1:-1]


def test_definitions_name_the_module_that_is_served() -> None:
    assert '"-m", "jobmatch_dagster.definitions"' in _stages()[-1]
    (deployment,) = _read(_DEPLOY / "helm" / "values.yaml")["dagster-user-deployments"]["deployments"]
    assert deployment["dagsterApiGrpcArgs"] == ["--python-module", "jobmatch_dagster.definitions"]
    assert build_defs().get_repository_def()
