"""The lexical baseline: BM25."""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

# Words keep + and # and inner dots, so that C++, C# and node.js are words of their own.
_WORD = re.compile(r"\w[\w+#]*(?:\.\w[\w+#]*)*")


class Bm25:
    """BM25 over a fixed set of documents (Lucene's variant, k1 = 1.5, b = 0.75)."""

    def __init__(self, documents: Sequence[str]) -> None:
        from bm25s import BM25

        tokens = [words(document) for document in documents]
        self._count = len(documents)
        # The library cannot index a corpus without words; all scores are 0 then.
        self._index = BM25() if any(tokens) else None
        if self._index:
            self._index.index(tokens, show_progress=False)

    def scores(self, query: str) -> NDArray[np.float32]:
        """Scores of shape (documents,); 0 without a common word. Repeated words of the query count once."""
        tokens = sorted(set(words(query)))
        if not (self._index and tokens):
            return np.zeros(self._count, np.float32)
        return np.asarray(self._index.get_scores(tokens), np.float32)


def words(text: str) -> list[str]:
    """Case-folded words of a text; "C++", "C#" and "node.js" are one word each."""
    return _WORD.findall(text.casefold())
