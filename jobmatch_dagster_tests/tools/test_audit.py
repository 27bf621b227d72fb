"""The tools of `make sbom` and `make audit` are pinned, stay out of the environment, and pass over no package."""

import re
import subprocess
from pathlib import Path

_ROOT = Path(__file__).parents[2]


def _recipe(target: str) -> str:
    """What make would run for a target, where everything that it needs is made already."""
    made = [f"--assume-old={path}" for path in (".venv/.ready", ".venv/audit/.ready", "tools/audit.txt")]
    command = ["make", "--no-print-directory", "--dry-run", *made, target]
    done = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=True, timeout=60)
    return done.stdout


def test_tools_are_pinned_and_no_part_of_the_lock() -> None:
    lines = (_ROOT / "tools" / "audit.txt").read_text("utf-8").splitlines()
    tools = [line for line in lines if not line.startswith("#")]
    assert [re.fullmatch(r"[a-z-]+==[\d.]+", line) is not None for line in tools] == [True, True]
    locked = (_ROOT / "constraints.txt").read_text("utf-8")
    assert [line for line in tools if line.split("==")[0] in locked] == []


def test_audit_fails_on_what_it_cannot_look_up() -> None:
    recipe = _recipe("audit")
    assert "--strict" in recipe
    assert "--requirement constraints.txt" in recipe


def test_bill_of_materials_is_of_the_environment() -> None:
    recipe = _recipe("sbom")
    assert "--output-reproducible" in recipe
    assert recipe.rstrip().endswith(".venv/bin/python")
