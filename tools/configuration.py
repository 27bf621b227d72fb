"""The pages made from the settings, `docs/configuration.md` and `.env.example`: `make docs` writes both."""

import re
from collections.abc import Iterator
from pathlib import Path

from jobmatch_dagster.environment import SettingsGroup
from jobmatch_dagster.settings import GROUPS

_ROOT = Path(__file__).parents[1]
_WRITTEN = "Written by `make docs` from jobmatch_dagster/settings.py."
# A default that is a value, not a description and not a path that the shell would have to expand.
_VALUE = re.compile(r"`([^`$~]+)`")
_INTRODUCTION = """\
# Configuration

Everything is set by environment variables. A variable that is unset or empty has its default. A malformed one is
refused with its name, and so is a misspelled one that begins with `JOBMATCH_` or `CLAUDE_`.
[`.env.example`](../.env.example) has all of them to copy.

What a deployment chooses beyond these (filters, weights, limits) are fields of the resources `active_jobs`, `matching`
and `claude`: in the launchpad, or in `jobmatch_dagster/build.py`.
"""


def configuration_page() -> str:
    """`docs/configuration.md`: a table for each group of settings."""
    return "\n".join([f"<!-- {_WRITTEN} -->", _INTRODUCTION, *map(_table, GROUPS)])


def env_example() -> str:
    """`.env.example`: every variable as a comment, with its meaning."""
    head = f"# {_WRITTEN}\n# Copy to .env, set what you need, then: set -a; . ./.env; set +a\n"
    return "\n".join([head, *(line for group in GROUPS for line in _commented(group))])


def files() -> dict[Path, str]:
    """Content by path of what this writes."""
    return {_ROOT / "docs" / "configuration.md": configuration_page(), _ROOT / ".env.example": env_example()}


def _table(group: type[SettingsGroup]) -> str:
    rows = (f"| `{v.name}` | {v.takes} | {v.default} | {v.meaning} |" for v in group.variables())
    head = ["| variable | takes | default | meaning |", "| --- | --- | --- | --- |"]
    return "\n".join([f"## {_title(group)}", "", *head, *rows, ""])


def _commented(group: type[SettingsGroup]) -> Iterator[str]:
    yield f"# --- {_title(group)} ---\n"
    for variable in group.variables():
        found = _VALUE.fullmatch(variable.default)
        note = f" Default: {variable.default}." if variable.default and not found else ""
        yield f"# {variable.meaning}{note}\n#{variable.name}={found[1] if found else ''}\n"


def _title(group: type[SettingsGroup]) -> str:
    return (group.__doc__ or "").strip().rstrip(".")


def main() -> None:
    """Write the pages."""
    for path, text in files().items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
