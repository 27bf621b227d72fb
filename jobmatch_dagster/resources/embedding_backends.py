"""The ways to run an embedding model: PyTorch as it is, or compiled by OpenVINO.

Put here how texts become vectors. Which model, and what its vectors are called, stands in `embedder.py`.
"""

import functools
import importlib.metadata
import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

BACKENDS = ("openvino-bf16", "torch-fp32")

# Texts of a batch are padded to a multiple of this many word pieces.
_LENGTH_STEP_TOKENS = 64
_BATCH_TEXTS = 16

Encode = Callable[[Sequence[str]], NDArray[np.float32]]


def torch_encoder(model: Any) -> Encode:
    """The model's own `encode`, float32: the reference that other ways are held against."""

    def encode(texts: Sequence[str]) -> NDArray[np.float32]:
        vectors: NDArray[np.float32] = model.encode(
            list(texts), batch_size=32, normalize_embeddings=True, show_progress_bar=False
        )
        return vectors

    return encode


def openvino_encoder(model: Any, fingerprint: str) -> Encode:
    """The model compiled for this processor, bfloat16 where the processor has it.

    A text's vector does not depend on the texts beside it: lengths are padded in fixed steps, and a row of a
    batch is computed by itself. What OpenVINO made of the model is kept in a folder of this user's, by content.
    """
    compiled = _compiled(model, fingerprint)
    limit = int(model.max_seq_length)

    def encode(texts: Sequence[str]) -> NDArray[np.float32]:
        tokens = model.tokenizer(list(texts), truncation=True, max_length=limit)["input_ids"]
        order = sorted(range(len(texts)), key=lambda place: len(tokens[place]))
        vectors: NDArray[np.float32] = np.empty((len(texts), model.get_embedding_dimension()), np.float32)
        for places, length in _batches(order, [len(ids) for ids in tokens], limit):
            ids = np.full((len(places), length), model.tokenizer.pad_token_id, np.int64)
            mask = np.zeros((len(places), length), np.int64)
            for row, place in enumerate(places):
                ids[row, : len(tokens[place])] = tokens[place]
                mask[row, : len(tokens[place])] = 1
            vectors[places] = compiled({"input_ids": ids, "attention_mask": mask})[0]
        unit: NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return unit

    return encode


def _batches(order: Sequence[int], lengths: Sequence[int], limit: int) -> list[tuple[list[int], int]]:
    """Places of texts that share a padded length, shortest first, `_BATCH_TEXTS` at most each."""
    batches: list[tuple[list[int], int]] = []
    for place in order:
        padded = min(limit, -(-lengths[place] // _LENGTH_STEP_TOKENS) * _LENGTH_STEP_TOKENS)
        if not batches or batches[-1][1] != padded or len(batches[-1][0]) == _BATCH_TEXTS:
            batches.append(([], padded))
        batches[-1][0].append(place)
    return batches


def _compiled(model: Any, fingerprint: str) -> Any:
    import openvino

    core = openvino.Core()
    settings = {
        "INFERENCE_PRECISION_HINT": "bf16",
        "INFERENCE_NUM_THREADS": os.cpu_count() or 1,
        "PERFORMANCE_HINT": "LATENCY",
    }
    path = _cache_folder() / f"{fingerprint}-openvino-{importlib.metadata.version('openvino')}.xml"
    if not path.exists():
        _convert(model, path)
    return core.compile_model(str(path), "CPU", settings)


def _convert(model: Any, path: Path) -> None:
    """Trace the model and write it; a run killed meanwhile leaves nothing that looks whole."""
    import openvino
    import torch
    from openvino.frontend.pytorch.ts_decoder import TorchScriptPythonDecoder

    class Whole(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, input_ids: Any, attention_mask: Any) -> Any:
            return self.model({"input_ids": input_ids, "attention_mask": attention_mask})["sentence_embedding"]

    example = model.tokenizer(["one", "two words"], padding=True, return_tensors="pt")
    inputs = {name: example[name] for name in ("input_ids", "attention_mask")}
    # The frontend by itself: `openvino.convert_model` would also report usage to its maker.
    frontend = openvino.frontend.FrontEndManager().load_by_framework("pytorch")
    decoder = TorchScriptPythonDecoder(Whole().eval(), example_input=inputs)
    converted = frontend.convert(frontend.load(decoder))
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        made = Path(folder) / path.name
        openvino.save_model(converted, str(made), compress_to_fp16=False)
        made.with_suffix(".bin").replace(path.with_suffix(".bin"))
        made.replace(path)


@functools.cache
def _cache_folder() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "jobmatch"
