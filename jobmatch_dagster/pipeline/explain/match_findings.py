"""Findings about the match: aliases, calibration, a score that is not what its inputs give, Claude.

Belongs here: a function for each possible cause, in the order of the pipeline.
"""

import itertools
from collections.abc import Iterator

from rapidfuzz import fuzz

from jobmatch_dagster.core.enrichment.prompt import prompt_version
from jobmatch_dagster.core.explanation_page import Finding
from jobmatch_dagster.core.matching.calibration import is_default_for, packaged_for
from jobmatch_dagster.core.matching.judge import pair_likeness
from jobmatch_dagster.core.operations.next_steps import launch_job, materialize_asset
from jobmatch_dagster.core.vocabulary.skill_table import canonical
from jobmatch_dagster.db.explain.rows import StoredMatch, StoredPosting
from jobmatch_dagster.pipeline.explain.match_sections import differences
from jobmatch_dagster.pipeline.explain.pair_data import JudgedNow, PairData
from jobmatch_dagster.pipeline.explain.remedies import ask_claude_again, match_user
from jobmatch_dagster.pipeline.matching.settings import CurrentScoring

# Two calibrations of one model that put a likeness further apart than this do not mean the same by a score.
_CALIBRATION_POINTS = 20
# Two spellings of one skill that are less similar than this are reported ("k8s" is one; the reader decides).
_UNLIKE_RATIO = 50


def match_findings(data: PairData) -> Iterator[Finding]:
    """Findings about the match and what it was made with."""
    if data.judged is not None:
        yield from _aliases(data.judged)
    yield from _calibration(data.scoring, data.judged)
    if data.stored is not None:
        if data.judged is not None and data.posting is not None:
            yield from _stored_differs(data, data.judged, data.stored, data.posting)
        yield from _prompt(data.stored)
        yield from _clamped_score(data.stored)


def _aliases(judged: JudgedNow) -> Iterator[Finding]:
    for hit in judged.judgement.skills.hits:
        if (
            hit.kind in ("alias", "fuzzy")
            and fuzz.ratio(hit.job_skill.casefold(), hit.cv_skill.casefold()) < _UNLIKE_RATIO
        ):
            yield Finding(
                f"{hit.job_skill!r} counts as shown by {hit.cv_skill!r}: core/vocabulary/data/skills.toml lists both "
                f"under {canonical(hit.job_skill)!r}.",
                "If they do not mean the same, remove the alias from that file, raise ENGINE_VERSION in "
                f"core/matching/block_engine.py and restart the code location. {launch_job('match_existing_jobs')}",
            )


def _calibration(scoring: CurrentScoring, judged: JudgedNow | None) -> Iterator[Finding]:
    current, model = scoring.calibration, scoring.settings.model
    knots = current.calibration.knots
    rising = all(a[0] < b[0] and a[1] <= b[1] for a, b in itertools.pairwise(knots))
    fit = (
        f"Fit a new one (it needs 1,000 pairs). {materialize_asset('quality/score_calibration')} Then score all pairs "
        f"again: {launch_job('match_existing_jobs')}"
    )
    if not rising or not all(0 <= score <= 100 for _, score in knots):
        yield Finding(f"Calibration {current.id} does not rise from 0 to 100.", fit)
    if not current.is_of(model):
        yield Finding("Scores use the packaged calibration, which was fitted for another model.", fit)
    alike = None
    if judged is not None:
        alike = pair_likeness(judged.facts, judged.judgement.skills, current.calibration.frequencies)
    if alike is None:
        return
    here = int(current.calibration.score(alike.total)[0])
    usual = int(packaged_for(current.calibration).score(alike.total)[0])
    if is_default_for(model) and abs(here - usual) > _CALIBRATION_POINTS:
        source = current.provenance.get("source", "an unknown source")
        yield Finding(
            f"Calibration {current.id} ({source}) maps a likeness of {alike.total[0]:.3f} to {here}; the packaged one "
            f"maps it to {usual}.",
            f"The section Similarity shows what it was fitted on. {fit}",
        )


def _stored_differs(
    data: PairData, judged: JudgedNow, stored: StoredMatch, posting: StoredPosting
) -> Iterator[Finding]:
    now = judged.judgement
    differing = differences(data)
    if not differing and not now.unfit:
        return
    reasons = [
        name
        for name, differs in (
            ("scored with other settings", stored.scoring_key != data.scoring.key),
            ("the posting has changed since then", stored.record_hash != posting.ad.record_hash),
            ("made from an older profile", stored.profile_version != data.profile.version),
        )
        if differs
    ]
    gives = f"no match now ({', '.join(now.unfit)})" if now.unfit else f"{now.score}"
    parts = f" ({'; '.join(differing)})" if differing else ""
    yield Finding(
        f"The stored score is {stored.match_score}, but the current inputs give {gives}{parts}: "
        f"{', '.join(reasons) or 'inputs were changed without a new version'}.",
        f"Match the user again. {match_user(data)}",
    )


def _prompt(stored: StoredMatch) -> Iterator[Finding]:
    if stored.claude_request_hash is None:
        return
    ask_again = ask_claude_again(stored.claude_request_hash)
    if stored.request_state is None:
        yield Finding(
            "The ledger has no request with the hash of this match, so what Claude was asked is unknown.", ask_again
        )
    elif stored.prompt_version != stored.request_prompt_version:
        yield Finding(
            f"The match names prompt version {stored.prompt_version}, but the ledger says that version "
            f"{stored.request_prompt_version} was sent: one of the two rows was changed outside the pipeline.",
            f"Trust the ledger, and ask Claude again. {ask_again}",
        )
    if stored.prompt_version and stored.prompt_version != prompt_version():
        yield Finding(
            f"Claude answered prompt version {stored.prompt_version}; the current version is {prompt_version()}.",
            f"To ask Claude again: {ask_again}",
        )


def _clamped_score(stored: StoredMatch) -> Iterator[Finding]:
    if stored.claude_deviation:
        yield Finding(
            f"Claude's own score is {stored.claude_raw_score}, outside the band {stored.claude_band_low} to "
            f"{stored.claude_band_high} of the skill match; the stored score is {stored.claude_score}.",
            "Compare the section Skills with Claude's answer.",
        )
    if stored.claude_is_generic:
        yield Finding(
            "Claude's reasons name no skill or fact of the pair.", "See docs/operations.md, A wrong prompt went out."
        )
