"""Expected errors: one base, one family each, one sentence on the command line."""

import importlib
import inspect
import pkgutil

import pytest

import jobmatch_dagster
from jobmatch_dagster import errors
from jobmatch_dagster.core.operations import next_steps
from jobmatch_dagster.errors import JobmatchError


def _error_classes() -> dict[str, type[BaseException]]:
    """Every exception class that a module of the package defines, by its full name."""
    found: dict[str, type[BaseException]] = {}
    for module in pkgutil.walk_packages(jobmatch_dagster.__path__, "jobmatch_dagster."):
        if module.name.endswith("__main__"):
            continue
        for name, value in vars(importlib.import_module(module.name)).items():
            if inspect.isclass(value) and issubclass(value, BaseException) and value.__module__ == module.name:
                found[f"{module.name}.{name}"] = value
    return found


_CLASSES = _error_classes()
_FAMILIES = [
    errors.InputError,
    errors.NotFoundError,
    errors.ConfigurationError,
    errors.DatabaseError,
    errors.ServiceFailure,
]


@pytest.mark.parametrize("name", sorted(_CLASSES))
def test_error_class_derives_from_jobmatch_error(name: str) -> None:
    assert issubclass(_CLASSES[name], JobmatchError)
    assert (_CLASSES[name].__doc__ or "").strip().endswith(".")


def test_error_class_names_are_unique() -> None:
    # `next_steps` and the table `run_failures` know an error by the name of its class alone.
    names = [error.__name__ for error in _CLASSES.values()]
    assert sorted(names) == sorted(set(names))
    assert len(names) > 20, "the search finds them"


def test_error_has_at_most_one_family() -> None:
    for error in _CLASSES.values():
        assert sum(issubclass(error, family) for family in _FAMILIES) <= 1


def test_next_steps_name_errors_that_exist() -> None:
    known = {error.__name__ for error in _CLASSES.values()} | {"MemoryError"}
    assert set(next_steps._BY_ERROR) <= known
