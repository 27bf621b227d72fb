"""The documentation is true: what a page names exists, and what a user may call or set has its page."""

import functools
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from jobmatch_dagster import names
from jobmatch_dagster.build import build_defs
from jobmatch_dagster.cli.main import main
from jobmatch_dagster.settings import GROUPS
from tools.configuration import files

_ROOT = Path(__file__).parents[1]
_PACKAGE = _ROOT / "jobmatch_dagster"
_PAGES = sorted([*_ROOT.glob("*.md"), *(_ROOT / "docs").glob("*.md")])
_DEFS = build_defs()
_REPOSITORY = _DEFS.get_repository_def()
# A check has a function of its own, or is written by its asset.
_CHECKS = {
    spec.name: spec
    for node in (*(_DEFS.asset_checks or ()), *(_DEFS.assets or ()))
    for spec in getattr(node, "check_specs", ())
}
_ASSETS = {key.to_user_string() for key in _REPOSITORY.asset_graph.get_all_asset_keys()}
_JOBS = {job.name for job in _REPOSITORY.get_all_jobs() if not job.name.startswith("__")}
_TRIGGERS = {item.name for item in (*_REPOSITORY.schedule_defs, *_REPOSITORY.sensor_defs)}
_VARIABLES = {variable.name for group in GROUPS for variable in group.variables()}

# Code of a page: fenced and indented blocks, and spans.
_BLOCK = re.compile(r"^```.*?^```|^ {4,}\S[^\n]*$", re.DOTALL | re.MULTILINE)
_SPAN = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_COMMAND = re.compile(r"(?<![\w/-])(?:\.venv/bin/)?jobmatch((?: +(?![|#(])[^\s`|;#()]+)*)")
_VARIABLE = re.compile(r"\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b")
_PATH = re.compile(r"[\w.-]+(?:/[\w.-]+)*/?")
_SUFFIXES = {".py", ".md", ".sql", ".toml", ".yaml", ".txt", ".png", ".example"}
_IDENTIFIER = re.compile(r"(?<!\w)[a-z][a-z0-9]*(?:_[a-z0-9]+)+")
# Placeholders, examples, and names that belong to Dagster, pip, PostgreSQL and nginx.
_PLACEHOLDERS = {
    "USER_KEY", "EXTERNAL_ID", "ADMIN_URL", "RESTORED_URL", "DAGSTER_HOME", "PIP_EXTRA_INDEX_URL", "POSTGRES_USER",
    "POSTGRES_DB", "DOCKER_GROUP", "TORCH_INDEX", "CELERY_BROKER", "REMAP_SIGTERM",
}  # fmt: skip
_EXAMPLES = {
    "dist/sbom.cdx.json", "USERKEY/anything.ext", "USERKEY/anything.pdf", "USERKEY/preferences.toml",
    "USERKEY/profile.toml", "USERKEY/LABEL/anything.ext",
    "sentence-transformers/paraphrase-multilingual-MiniLM-L12-v2",
}  # fmt: skip
_ROLES = {"jobmatch_pipeline", "jobmatch_reader", "jobmatch_statistics"}  # named after the database
_FOREIGN = {"log_min_error_statement", "log_error_verbosity", "auth_request", *_ROLES}


def _ids(pages: list[Path]) -> list[str]:
    return [str(page.relative_to(_ROOT)) for page in pages]


_each_page = pytest.mark.parametrize("page", _PAGES, ids=_ids(_PAGES))


@functools.cache
def _sources() -> str:
    """Everything that a name in the documentation can come from."""
    paths = [_ROOT / name for name in ("Makefile", "pyproject.toml", "dagster.yaml", "constraints.txt")]
    for folder in (_PACKAGE, _ROOT / "sql", _ROOT / "tools", _ROOT / "jobmatch_dagster_tests" / "support"):
        paths += [path for path in folder.rglob("*") if path.suffix in {".py", ".toml", ".sql"}]
    return "\n".join(path.read_text("utf-8") for path in paths)


@functools.cache
def _words() -> frozenset[str]:
    return frozenset(re.findall(r"\w+", _sources())) | {Path(name).stem for name in _file_names()}


@functools.cache
def _file_names() -> frozenset[str]:
    return frozenset(path.name for path in _ROOT.rglob("*.*") if ".venv" not in path.parts)


def _spans(page: Path) -> list[str]:
    return _SPAN.findall(_BLOCK.sub("", page.read_text("utf-8")))


def _code(page: Path) -> list[str]:
    return [*_BLOCK.findall(page.read_text("utf-8")), *_spans(page)]


def _commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from _commands(command, (*path, name))
        else:
            yield (*path, name), command


def _options(command: click.Command) -> set[str]:
    found = {"--help"}
    for parameter in command.params:
        found.update(option for option in (*parameter.opts, *parameter.secondary_opts) if option.startswith("--"))
    return found


_COMMANDS = dict(_commands(main))


def _called(page: Path) -> Iterator[tuple[str, ...]]:
    """Words after each `jobmatch` in the page's code."""
    for code in _code(page):
        yield from (tuple(match[1].split()) for match in _COMMAND.finditer(code))


def _command_of(words: tuple[str, ...]) -> tuple[str, ...] | None:
    return next((path for path in _COMMANDS if words[: len(path)] == path), None)


@_each_page
def test_each_command_and_option_exists(page: Path) -> None:
    for words in _called(page):
        if not words or words[0] in {"COMMAND", "…"}:
            continue
        path = _command_of(words)
        assert path, f"there is no command `jobmatch {' '.join(words)}`"
        used = {word.partition("=")[0] for word in words if word.startswith("--")}
        assert used <= _options(_COMMANDS[path]), f"of `jobmatch {' '.join(path)}`"
    bare = {code for code in _code(page) if re.fullmatch(r"--[a-z-]+", code)}
    assert bare <= set().union(*map(_options, _COMMANDS.values()))


@_each_page
def test_each_make_target_exists(page: Path) -> None:
    targets = set(re.findall(r"^(\w+):", (_ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    for code in _code(page):
        named = re.findall(r"(?:^|\s)make(?: PYTHON=\S+)? ([a-z]+)\b", code)
        assert set(named) <= targets


@_each_page
def test_each_variable_exists(page: Path) -> None:
    constants = set(re.findall(r"^([A-Z][A-Z0-9_]+)\b.*=", _sources(), re.MULTILINE))
    named = {name for code in _code(page) for name in _VARIABLE.findall(code)}
    assert named <= _VARIABLES | _PLACEHOLDERS | constants


@_each_page
def test_each_path_exists(page: Path) -> None:
    known = _ASSETS | {value for name, value in vars(names).items() if name.startswith("TAG_")} | _EXAMPLES
    for code in _spans(page):
        if not _PATH.fullmatch(code) or code in known:
            continue
        if "/" in code:
            assert any((folder / code).exists() for folder in (_ROOT, _PACKAGE, page.parent)), code
        elif Path(code).suffix in _SUFFIXES:
            assert code in _file_names() or code in _sources(), code


@_each_page
def test_each_name_in_code_exists(page: Path) -> None:
    named = {name for code in _spans(page) for name in _IDENTIFIER.findall(code)}
    # test_promises.py looks for tests.
    tests = {name for name in named if name.startswith("test_")}
    assert named - tests - _words() - _FOREIGN == set()


@_each_page
def test_each_thing_that_is_called_a_check_or_a_job_is_one(page: Path) -> None:
    text = page.read_text("utf-8")
    assert set(re.findall(r"\bchecks? `(\w+)`", text)) <= set(_CHECKS)
    assert set(re.findall(r"(?:\bjobs? |Jobs → )`(\w+)`", text)) <= _JOBS
    assert set(re.findall(r"`(\w+_(?:sensor|schedule))`", text)) <= _TRIGGERS


@_each_page
def test_each_link_and_anchor_resolves(page: Path) -> None:
    for link in _LINK.findall(page.read_text("utf-8")):
        if re.match(r"https?://", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert not anchor or anchor in _anchors(target), link


def _anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", _BLOCK.sub("", page.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def _first_column(page: str, heading: str) -> list[list[str]]:
    """Cells of the table under a heading, row by row."""
    section = (_ROOT / "docs" / page).read_text("utf-8").split(f"\n## {heading}\n")[1].split("\n## ")[0]
    rows = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in row] for row in rows]


def test_each_command_is_documented() -> None:
    called = {_command_of(words) for page in _PAGES for words in _called(page)}
    assert set(_COMMANDS) - called == set()


def test_each_variable_is_documented() -> None:
    named = set(_VARIABLE.findall((_ROOT / "docs" / "configuration.md").read_text("utf-8")))
    assert named >= _VARIABLES


def test_each_check_is_documented_with_its_asset() -> None:
    rows = _first_column("operations.md", "Checks")
    documented = {(row[0].split("`")[1], row[1].strip("`"), "(blocks)" in row[0]) for row in rows}
    assert documented == {(c.name, c.asset_key.to_user_string(), c.blocking) for c in _CHECKS.values()}


def test_each_job_is_documented_with_what_starts_it() -> None:
    rows = _first_column("operations.md", "Jobs")
    assert {row[0].strip("`") for row in rows} == _JOBS
    schedules = {schedule.job_name: schedule.name for schedule in _REPOSITORY.schedule_defs}
    documented = {row[0].strip("`"): row[1].strip("`") for row in rows if row[1].endswith("_schedule`")}
    assert documented == schedules


def test_generated_pages_are_fresh() -> None:
    for path, text in files().items():
        assert path.read_text("utf-8") == text, f"run `make docs`: {path.name} is stale"


def test_each_picture_is_shown() -> None:
    shown = {Path(link).name for page in _PAGES for link in _LINK.findall(page.read_text("utf-8"))}
    assert {path.name for path in (_ROOT / "docs" / "images").iterdir()} - shown == set()


def test_the_readme_is_short() -> None:
    assert len((_ROOT / "README.md").read_text("utf-8").splitlines()) <= 100


def test_pre_commit_runs_the_tools_of_make_lint() -> None:
    recipe = re.search(r"^lint:.*\n((?:\t.*\n)+)", (_ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert recipe
    lint = {line.strip().removesuffix(" .") for line in recipe[1].replace("$(BIN)", ".venv/bin").splitlines()}
    hooks = set(re.findall(r"entry: (.*)", (_ROOT / ".pre-commit-config.yaml").read_text("utf-8")))
    assert hooks == lint
