"""The embedding model: both backends rank alike, and a vector depends on its text alone."""

import subprocess
import sys

import numpy as np
import pytest
from pydantic import ValidationError

from jobmatch_dagster.core.quality.agreement import top_overlap
from jobmatch_dagster.resources.embedder import EmbedderResource

_TEXTS = [
    f"{role}. {' '.join([field] * (3 + 9 * n))}"
    for n, (role, field) in enumerate(
        (role, field)
        for role in ("Nurse", "Data engineer", "Sales manager", "Cook", "Lawyer")
        for field in ("hospital care", "pipelines in SQL", "customers and targets", "contracts")
    )
]


def test_vector_does_not_depend_on_other_texts() -> None:
    embedder = EmbedderResource()
    together = embedder.encode(_TEXTS).vectors
    for place in (0, 7, 19):
        assert np.array_equal(embedder.encode([_TEXTS[place]]).vectors[0], together[place])
    assert np.array_equal(embedder.encode(_TEXTS[::-1]).vectors[::-1], together)


def test_compiled_model_ranks_as_the_reference() -> None:
    fast, reference = EmbedderResource(), EmbedderResource(backend="torch-fp32")
    left, right = fast.encode(_TEXTS).vectors, reference.encode(_TEXTS).vectors
    assert (left * right).sum(axis=1).min() > 0.999
    assert top_overlap(left, right, k=5) >= 0.97
    assert fast.model != reference.model


def test_head_and_body_have_equal_weight() -> None:
    embedder = EmbedderResource()
    head, body, both = embedder.encode(["Cook", "Cook. Soups", "Cook\nCook. Soups"]).vectors
    mean = (head + body) / np.linalg.norm(head + body)
    assert np.allclose(both, mean, atol=1e-6)


def test_cut_text_is_counted() -> None:
    assert EmbedderResource().encode(["word " * 600, "short"]).truncated == 1


def test_unknown_backend_is_refused() -> None:
    with pytest.raises(ValidationError, match="'openvino-bf16' or 'torch-fp32'"):
        EmbedderResource(backend="gpu")  # type: ignore[arg-type]


def test_compiled_model_needs_no_torch() -> None:
    EmbedderResource().encode(["the first process converts the model"])
    program = (
        "import sys; from jobmatch_dagster.resources.embedder import EmbedderResource; "
        "print(EmbedderResource().encode(['a nurse', 'word ' * 600]).truncated); "
        "print(sorted({'torch', 'transformers', 'sentence_transformers'} & set(sys.modules)))"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=120)
    assert said.stdout.split("\n")[:2] == ["1", "[]"]
