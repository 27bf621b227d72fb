"""Lower-cased exact skill sets against the engine's comparison of skills, on the project's labelled pairs.

Exact sets are what the legacy project did. The labels say which of the two is right where they differ.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from rich.console import Console
from rich.table import Table

from jobmatch_dagster.core.matching.posting_facts import PostingFacts
from jobmatch_dagster.core.matching.scoring import skills_score
from jobmatch_dagster.core.profiles.profile import extract_profile
from jobmatch_dagster.core.quality.agreement import spearman
from jobmatch_dagster.core.quality.labelled_pairs import LabelledPair, load_labelled_pairs
from jobmatch_dagster.core.vocabulary.skill_match import SkillMatch, compare_skills

_SHOWN = 12
_LABELLED_ON = date(2026, 9, 1)


@dataclass(frozen=True)
class Difference:
    """The skill scores of one labelled pair, 0 to 100, by both methods."""

    pair: LabelledPair
    legacy: int
    engine: int
    match: SkillMatch

    @property
    def found(self) -> str:
        """The skills that only the engine matched, each with the kind of the match."""
        hits = [hit for hit in self.match.hits if hit.job_skill.lower() != hit.cv_skill.lower()]
        return ", ".join(f"{hit.job_skill} = {hit.cv_skill} ({hit.kind})" for hit in hits)


def legacy_score(job_skills: Sequence[str] | None, cv_skills: Sequence[str] | None) -> int:
    """Share of the posting's skills that the CV spells alike, in percent; case does not count."""
    own, wanted = ({skill.lower() for skill in skills or ()} for skills in (cv_skills, job_skills))
    return round(100 * len(own & wanted) / len(wanted)) if wanted else 0


def differences() -> list[Difference]:
    """All labelled pairs whose posting and CV name skills, the largest difference first."""
    labelled = load_labelled_pairs()
    skills = {key: extract_profile(cv.text, today=_LABELLED_ON).skills for key, cv in labelled.cvs.items()}
    found = []
    for pair in labelled.pairs:
        wanted = labelled.postings[pair.posting].ai_key_skills
        match = compare_skills(wanted, skills[pair.cv])
        weights = PostingFacts(wanted).skill_weights()
        engine = skills_score(match.tenths(weights), sum(weights.values()) if match.offered else 0)
        if engine is not None:
            found.append(Difference(pair, legacy_score(wanted, skills[pair.cv]), engine, match))
    return sorted(found, key=lambda d: (-abs(d.engine - d.legacy), d.pair.cv, d.pair.posting))


def print_differences(console: Console) -> None:
    """Print how well both methods agree with the labels, and the pairs on which they differ most."""
    found = differences()
    labels = [difference.pair.label for difference in found]
    console.print(
        f"Skills of {len(found)} labelled pairs, {sum(d.legacy != d.engine for d in found)} of them with different "
        f"scores. Rank correlation with the label: equal spelling {spearman([d.legacy for d in found], labels):.2f}, "
        f"engine {spearman([d.engine for d in found], labels):.2f}.",
        highlight=False,
    )
    table = Table("CV", "Posting", "Label 0-3", "Equal spelling", "Engine", "Found by the engine alone")
    for d in found[:_SHOWN]:
        table.add_row(d.pair.cv, d.pair.posting, str(d.pair.label), str(d.legacy), str(d.engine), d.found)
    console.print(table)
