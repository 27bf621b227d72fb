"""The lock file `constraints.txt`: one version of every package that `pip install -e '.[dev]'` brings along.

    python -m tools.lock            # write it from what is installed
    python -m tools.lock --check    # compare it with pyproject.toml and with what is installed

Packages are found by following the requirements of pyproject.toml through the installed packages, so that whatever
else is in the environment stays out of the lock.
"""

import platform
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

_ROOT = Path(__file__).parents[1]
_LOCK = _ROOT / "constraints.txt"
_PROJECT = "jobmatch-dagster"
_HEADER = "# Written by `make lock`. Constraints for pip: the versions that the tests ran with."
_PLATFORM = f"# Python {sys.version_info.major}.{sys.version_info.minor}, {platform.system()} {platform.machine()}"
# Torch's CUDA build requires these, its CPU build does not.
_CUDA = re.compile(r"nvidia-|cuda-|triton")


def required() -> list[Requirement]:
    """The requirements of pyproject.toml, those of its extras too."""
    project = tomllib.loads((_ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    lines = [*project["dependencies"], *(line for extra in project["optional-dependencies"].values() for line in extra)]
    return [found for line in lines if canonicalize_name((found := Requirement(line)).name) != _PROJECT]


def installed(requirements: list[Requirement]) -> dict[str, str]:
    """Installed versions by name of these requirements and of all that they require, without build tags ("+cpu").

    Raises:
        PackageNotFoundError: if a required package is not installed.
    """
    found: dict[str, str] = {}
    seen: set[tuple[str, frozenset[str]]] = set()
    waiting = list(requirements)
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        if (name, frozenset(requirement.extras)) in seen or _CUDA.match(name):
            continue
        seen.add((name, frozenset(requirement.extras)))
        package = distribution(name)
        found[name] = package.version.partition("+")[0]
        waiting.extend(_needed(package.requires or [], requirement.extras))
    return dict(sorted(found.items()))


def _needed(lines: list[str], extras: set[str]) -> Iterator[Requirement]:
    for requirement in map(Requirement, lines):
        marker = requirement.marker
        if marker is None or any(marker.evaluate({"extra": extra}) for extra in extras or {""}):
            yield requirement


def differences(locked: Mapping[str, str], present: Mapping[str, str], *, same_platform: bool) -> Iterator[str]:
    """What makes the lock stale, a sentence each.

    Other platforms and Pythons need a few other packages: there only versions of common packages are compared.
    """
    for requirement in required():
        version = locked.get(canonicalize_name(requirement.name))
        if version is None:
            yield f"{requirement} is in pyproject.toml and not in the lock."
        elif not requirement.specifier.contains(version, prereleases=True):
            yield f"{requirement} is in pyproject.toml; the lock has {version}."
    for name in sorted({*locked, *present}):
        if name not in present:
            if same_platform:
                yield f"{name} is locked and nothing requires it."
        elif name not in locked:
            if same_platform:
                yield f"{name} {present[name]} is installed and not in the lock."
        elif locked[name] != present[name]:
            yield f"{name} is locked at {locked[name]}; {present[name]} is installed."


def main() -> int:
    """Write or check the lock; gives the exit code."""
    try:
        present = installed(required())
    except PackageNotFoundError as missing:
        print(f"{missing.name} is required and not installed: run `make clean demo`.")
        return 1
    if "--check" not in sys.argv:
        _LOCK.write_text("\n".join([_HEADER, _PLATFORM, *(f"{name}=={v}" for name, v in present.items())]) + "\n")
        return 0
    lines = _LOCK.read_text("utf-8").splitlines()
    locked = dict(line.split("==") for line in lines if not line.startswith("#"))
    found = list(differences(locked, present, same_platform=_PLATFORM in lines))
    if found:
        print(*found, "Run `make lock` once the right versions are installed.", sep="\n")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
