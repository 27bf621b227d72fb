"""Skills of the official ESCO download, which extend the project's table: labels of any language, by concept.

ESCO lacks most names of technologies, so the project's own table takes precedence.
"""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

from jobmatch_dagster.errors import ConfigurationError


class EscoFileError(ConfigurationError):
    """A file that cannot be used as an ESCO skills CSV."""


def read_esco(paths: Sequence[Path]) -> dict[str, list[str]]:
    """Preferred label -> all other labels of the same concept.

    The first file with a concept names it. So an English file (`skills_en.csv`) comes first, and others
    (`skills_de.csv`) add their labels.

    Raises:
        EscoFileError: if a file cannot be read, or lacks the columns conceptUri and preferredLabel.
    """
    names: dict[str, str] = {}
    labels: dict[str, list[str]] = {}
    for path in paths:
        for concept, preferred, others in _rows(path):
            name = names.setdefault(concept, preferred)
            labels.setdefault(name, []).extend(label for label in (preferred, *others) if label != name)
    return labels


def _rows(path: Path) -> Iterator[tuple[str, str, list[str]]]:
    try:
        stream = path.open(encoding="utf-8-sig", newline="")
    except OSError as error:
        raise EscoFileError(f"The ESCO file {path} cannot be read ({error.strerror}): check ESCO_SKILLS.") from None
    with stream:
        reader = csv.DictReader(stream)
        missing = {"conceptUri", "preferredLabel"} - set(reader.fieldnames or ())
        if missing:
            raise EscoFileError(
                f"{path.name} lacks {', '.join(sorted(missing))}: ESCO_SKILLS takes skills_xx.csv files."
            )
        for row in reader:
            preferred = (row["preferredLabel"] or "").strip()
            if preferred:
                alternatives = (row.get("altLabels") or "").replace("|", "\n").splitlines()
                yield row["conceptUri"], preferred, [label.strip() for label in alternatives if label.strip()]
