"""What stands out about the match: aliases, calibration, a score that is not what its inputs give, Claude.

Put here one function a suspect, in the order of the pipeline.
"""

import itertools
from collections.abc import Iterator

import numpy as np
from rapidfuzz import fuzz

from jobmatch_dagster.core.enrichment.prompt import prompt_version
from jobmatch_dagster.core.matching.calibration import DEFAULT_CALIBRATION, is_default_for
from jobmatch_dagster.core.page import Finding
from jobmatch_dagster.core.vocabulary.skills import canonical
from jobmatch_dagster.pipeline.explain.facts import Facts
from jobmatch_dagster.pipeline.matching.match import scoring_key

# Two calibrations of one model that put a cosine further apart than this do not mean the same by a score.
_CALIBRATION_POINTS = 20
# Two spellings of one skill that are less alike than this are worth a look ("k8s" is one; the reader decides).
_UNLIKE_RATIO = 50


def _aliases(facts: Facts) -> Iterator[Finding]:
    for hit in facts.pair.skills.hits if facts.pair else ():
        if (
            hit.kind in ("alias", "fuzzy")
            and fuzz.ratio(hit.job_skill.casefold(), hit.cv_skill.casefold()) < _UNLIKE_RATIO
        ):
            yield Finding(
                f"{hit.job_skill!r} is counted as shown by {hit.cv_skill!r}: "
                f"core/vocabulary/data/skills.toml has both as {canonical(hit.job_skill)!r}.",
                "If they do not mean the same, take the alias out there, raise ENGINE_VERSION and run "
                "match_existing_jobs.",
            )


def _calibration(facts: Facts) -> Iterator[Finding]:
    knots = facts.calibration.calibration.knots
    rising = all(a[0] < b[0] and a[1] <= b[1] for a, b in itertools.pairwise(knots))
    fit = "Materialize quality/score_calibration, then run match_existing_jobs."
    if not rising or not all(0 <= score <= 100 for _, score in knots):
        yield Finding(f"Calibration {facts.calibration.id} does not rise from 0 to 100.", fit)
    if not facts.calibration.is_of(facts.settings.model):
        yield Finding("The packaged calibration is in force: it was made for another model than the present one.", fit)
    similarity = facts.similarities.stored
    if similarity is None:
        return
    here = int(facts.calibration.calibration.score(np.array([similarity], np.float32))[0])
    usual = int(DEFAULT_CALIBRATION.score(np.array([similarity], np.float32))[0])
    if is_default_for(facts.settings.model) and abs(here - usual) > _CALIBRATION_POINTS:
        source = facts.calibration.provenance.get("source", "an unknown source")
        yield Finding(
            f"Calibration {facts.calibration.id} ({source}) makes {here} of a cosine of {similarity:.3f}; the packaged "
            f"one makes {usual}.",
            f"Look at its provenance below. {fit}",
        )


def _stored_differs(facts: Facts) -> Iterator[Finding]:
    stored, pair, posting = facts.stored, facts.pair, facts.posting
    if stored is None or posting is None:
        return
    if pair is not None and (stored.match_score, stored.semantic_score) != (pair.score, pair.parts.semantic):
        reasons = [
            name
            for name, differs in (
                ("scored with other settings", stored.scoring_key != scoring_key(facts.settings, facts.calibration)),
                ("the posting has changed since", stored.record_hash != posting.record_hash),
                ("of an older profile", stored.profile_version != facts.user.version),
            )
            if differs
        ]
        yield Finding(
            f"The stored score is {stored.match_score} (semantic {stored.semantic_score}), computed now it is "
            f"{pair.score} (semantic {pair.parts.semantic}): "
            f"{', '.join(reasons) or 'inputs were changed without a new version'}.",
            "Run rematch_user for the user.",
        )


def _prompt(facts: Facts) -> Iterator[Finding]:
    stored = facts.stored
    if stored is None or stored.claude_request_hash is None:
        return
    if stored.request_state is None:
        yield Finding("The ledger holds no request of this hash: nobody knows what was asked.", "Ask again.")
    elif stored.prompt_version != stored.request_prompt_version:
        yield Finding(
            f"The match says prompt version {stored.prompt_version}, the ledger says that "
            f"{stored.request_prompt_version} was asked: one of the rows was changed by hand.",
            "Trust the ledger; set claude_status to 'waiting' to have the pair asked again.",
        )
    if stored.prompt_version and stored.prompt_version != prompt_version():
        yield Finding(
            f"Claude answered to prompt version {stored.prompt_version}; this code asks version {prompt_version()}.",
            "Set claude_status to 'waiting' to have the pair asked again.",
        )


def _held_score(facts: Facts) -> Iterator[Finding]:
    stored = facts.stored
    if stored is not None and stored.claude_deviation:
        yield Finding(
            f"Claude said {stored.claude_raw_score}, the score is held to {stored.claude_score}: the skill match "
            f"allows {stored.claude_band_low} to {stored.claude_band_high}.",
            "Compare the skills below with the answer.",
        )
    if stored is not None and stored.claude_is_generic:
        yield Finding(
            "Claude's reasons name no skill or fact of the pair.", "See docs/operations.md, A wrong prompt went out."
        )


LOOKS = (_aliases, _calibration, _stored_differs, _prompt, _held_score)
