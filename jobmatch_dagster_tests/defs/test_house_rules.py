"""The house rules of `defs`: assets and checks say what they are, lineage is true, bodies are thin."""

import ast
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from jobmatch_dagster import definitions, names
from jobmatch_dagster.build import build_defs
from jobmatch_dagster.observability.lineage import LINEAGE, column_lineage
from jobmatch_dagster.observability.schemas import table_schema
from jobmatch_dagster_tests.support.world import World

_DEFS = build_defs()
# The vendor's API and the inbox are no assets of ours.
_EXTERNAL = {"raw/active_jobs_api", "profiles/cv_inbox"}
_SPECS = {key: spec for spec in _DEFS.resolve_all_asset_specs() if (key := spec.key.to_user_string()) not in _EXTERNAL}
_CHECKS = [spec for node in _DEFS.asset_checks or () for spec in node.check_specs]
_PACKAGE = Path(definitions.__file__).parent
_MODULES = {
    floor: [path for path in sorted((_PACKAGE / floor).rglob("*.py")) if path.name != "__init__.py"]
    for floor in ("defs", "observability", "pipeline", "db", "core")
}
_TABLES_OF_USERS = {"cv_profiles", "user_job_matches", "user_digests"}
_DECORATORS = {"asset", "op", "asset_check", "sensor", "run_failure_sensor", "schedule"}
_MOST_BODY_LINES = 35
# They count or measure: what they find is in their metadata.
_WITHOUT_TABLE = {
    "statistics/job_statistics", "statistics/user_statistics", "statistics/market_trends", "quality/match_quality",
    "operations/health",
}  # fmt: skip


@pytest.mark.parametrize("key", sorted(_SPECS))
def test_asset_says_what_it_is(key: str) -> None:
    spec = _SPECS[key]
    description = spec.description or ""
    first = description.split("\n", maxsplit=1)[0]
    assert first.endswith("."), "the first line says what one row is"
    assert "Grain:" in description
    assert "again" in description, "why running it again is harmless"
    assert list(spec.owners) == names.OWNERS
    assert spec.kinds
    assert spec.code_version
    assert spec.group_name == key.split("/", maxsplit=1)[0]


@pytest.mark.parametrize("key", sorted(set(_SPECS) - _WITHOUT_TABLE))
def test_asset_names_its_table_and_describes_every_column(key: str) -> None:
    metadata = _SPECS[key].metadata
    schema = metadata["dagster/column_schema"]
    assert isinstance(schema, dg.TableSchema)
    assert schema == table_schema(metadata["dagster/table_name"]), "from the database's own comments"
    assert [column.name for column in schema.columns if not column.description] == []
    assert len({column.description for column in schema.columns}) > 0.9 * len(schema.columns)


@pytest.mark.parametrize("key", sorted(LINEAGE))
def test_column_lineage_names_existing_columns_and_assets(key: str) -> None:
    lineage = column_lineage(key)
    assert set(lineage.deps_by_column) == set(LINEAGE[key])
    assert set(lineage.deps_by_column) <= _columns(key)
    upstream = _upstream(key)
    for sources in lineage.deps_by_column.values():
        assert sources
        for source in sources:
            asset = source.asset_key.to_user_string()
            assert asset in upstream, f"{asset} is no ancestor of {key}"
            assert source.column_name in _columns(asset)


@pytest.mark.collected
def test_the_ui_gets_the_lineage_with_each_materialization(world: World) -> None:
    for key in ("catalog/jobs", "catalog/job_embeddings", "matching/semantic_matches", "enrichment/claude_matches"):
        event = world.instance.get_latest_materialization_event(dg.AssetKey(key.split("/")))
        if event is None:
            world.collect()
            event = world.instance.get_latest_materialization_event(dg.AssetKey(key.split("/")))
        assert event is not None
        assert event.asset_materialization is not None
        found = event.asset_materialization.metadata["dagster/column_lineage"]
        assert found.value == column_lineage(key)


def test_what_spends_money_and_what_has_personal_data_is_tagged() -> None:
    spends = {key: spec.tags["jobmatch/spends"] for key, spec in _SPECS.items() if "jobmatch/spends" in spec.tags}
    assert spends == {
        "raw/job_pages": "credits", "profiles/cv_profiles": "usd", "enrichment/claude_matches": "usd",
        "enrichment/user_claude_matches": "usd",
    }  # fmt: skip
    of_users = {key for key, spec in _SPECS.items() if spec.metadata.get("dagster/table_name") in _TABLES_OF_USERS}
    assert {key for key, spec in _SPECS.items() if "jobmatch/pii" in spec.tags} == of_users | {
        "raw/job_pages", "statistics/user_statistics",
    }  # fmt: skip


def test_every_asset_leads_to_its_code() -> None:
    for key, spec in _SPECS.items():
        assert "dagster/code_references" in spec.metadata, key


def test_assets_with_one_schema_are_slices_of_one_table() -> None:
    tables = [_SPECS[key].metadata["dagster/table_name"] for key in set(_SPECS) - _WITHOUT_TABLE]
    assert {table for table in tables if tables.count(table) > 1} == {"jobs", "user_digests", "user_job_matches"}


@pytest.mark.parametrize("spec", _CHECKS, ids=lambda spec: spec.name)
def test_check_describes_its_verdict(spec: dg.AssetCheckSpec) -> None:
    description = spec.description or ""
    assert description.endswith(".")
    assert description[0].isupper()
    assert description.count(".") == 1, "one sentence"
    assert 5 <= len(description.split()) <= 16
    assert spec.asset_key.to_user_string() in _SPECS


def test_modules_of_defs_import_dagster_and_those_below_do_not() -> None:
    assert [path for path in _MODULES["defs"] if "dagster" not in _imports(path)] == []
    below = [path for floor in ("pipeline", "db", "core") for path in _MODULES[floor]]
    assert len(below) > 100
    assert [path for path in below if "dagster" in _imports(path)] == []


def test_sql_is_below_defs_and_observability() -> None:
    modules = [*_MODULES["defs"], *_MODULES["observability"]]
    assert [path for path in modules if {"run_query", "read_sql", "text"} & _imported_names(path)] == []


def test_bodies_of_assets_ops_and_checks_are_thin() -> None:
    bodies = dict(body for path in _MODULES["defs"] for body in _bodies(path))
    assert len(bodies) > len(_SPECS) + len(_CHECKS)
    assert {name: lines for name, lines in bodies.items() if lines > _MOST_BODY_LINES} == {}


def test_room_has_one_module_of_checks() -> None:
    checks = [path.relative_to(_PACKAGE / "defs").as_posix() for path in _MODULES["defs"] if "check" in path.stem]
    assert checks == [
        f"{room}/checks.py" for room in ("catalog", "enrichment", "matching", "notifications", "quality", "raw")
    ]


def test_blocking_checks_protect_later_stages() -> None:
    assert {spec.name for spec in _CHECKS if spec.blocking} == {"no_user_columns", "keys_hold", "vectors_sound"}


def _imports(path: Path) -> set[str]:
    """Root packages that a module imports."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    named = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    named += [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    return {name.partition(".")[0] for name in named}


def _imported_names(path: Path) -> set[str]:
    """Names that a module imports from others."""
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    return {alias.name for node in nodes if isinstance(node, ast.ImportFrom) for alias in node.names}


def _bodies(path: Path) -> Iterator[tuple[str, int]]:
    """Functions that Dagster runs, with the lines of their bodies without the docstring."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef) and _DECORATORS & {_called(item) for item in node.decorator_list}:
            first = node.body[1] if ast.get_docstring(node) else node.body[0]
            yield node.name, (node.end_lineno or 0) - first.lineno + 1


def _called(decorator: ast.expr) -> str:
    function = decorator.func if isinstance(decorator, ast.Call) else decorator
    return function.attr if isinstance(function, ast.Attribute) else ""


def _columns(key: str) -> set[str]:
    return {column.name for column in _SPECS[key].metadata["dagster/column_schema"].columns}


def _upstream(key: str) -> set[str]:
    found: set[str] = set()
    waiting = [key]
    while waiting:
        key = waiting.pop()
        for dep in _SPECS[key].deps if key in _SPECS else ():
            parent = dep.asset_key.to_user_string()
            if parent not in found:
                found.add(parent)
                waiting.append(parent)
    return found
