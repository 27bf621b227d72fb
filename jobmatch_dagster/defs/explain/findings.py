"""What stands out about a pair: each place where something differs from what it should be, with its remedy.

Put here one function a suspect, in the order of the pipeline. A finding names the cause so that the reader need not
know where to look; no finding means that the score is what its inputs make it.
"""

import itertools
from collections.abc import Callable, Iterator
from datetime import timedelta

import numpy as np
from rapidfuzz import fuzz

from jobmatch_dagster.core.calibration import DEFAULT_CALIBRATION
from jobmatch_dagster.core.posting import POSTING_COLUMNS
from jobmatch_dagster.core.profile import EXTRACTOR_VERSION, Profile
from jobmatch_dagster.core.prompt import prompt_version
from jobmatch_dagster.core.salaries import likely_unit
from jobmatch_dagster.core.skills import canonical
from jobmatch_dagster.defs.explain.facts import Facts
from jobmatch_dagster.defs.matching.stage import scoring_key
from jobmatch_dagster.observability.pages import Finding

# A vector of the same text by the same model, computed on another machine, is this near or nearer.
_SAME_VECTOR_COSINE = 0.995
_UNIT_LENGTH_TOLERANCE = 1e-3
# Two calibrations of one model that put a cosine further apart than this do not mean the same by a score.
_CALIBRATION_POINTS = 20
_YEARS_APART = 0.5
_OLDEST_OPEN = timedelta(days=183)
# Two spellings of one skill that are less alike than this are worth a look ("k8s" is one; the reader decides).
_UNLIKE_RATIO = 50
_COMPARED = ("skills", "experience_level", "industries", "work_arrangements")


def find(facts: Facts) -> list[Finding]:
    """What stands out, in the order of the pipeline."""
    return [found for look in _LOOKS for found in look(facts)]


def _not_held(facts: Facts) -> Iterator[Finding]:
    if facts.posting is not None:
        return
    for record in facts.quarantined:
        yield Finding(
            f"The posting is in quarantine: field {record.field!r}, {record.reason}.",
            f"It came on page {record.page_id}, position {record.page_position}. After a fix of the normaliser "
            "materialize catalog/jobs with rebuild: true.",
        )
    if not facts.quarantined and facts.mentions:
        seen = ", ".join(f"{page.id} ({page.endpoint})" for page in facts.mentions)
        yield Finding(f"The posting is not held, but page {seen} names it.", "Materialize catalog/jobs: pages wait.")


def _hours_missing(facts: Facts) -> Iterator[Finding]:
    posting = facts.posting
    if posting is not None or not facts.missing_hours:
        return
    first, last = facts.missing_hours[0], facts.missing_hours[-1]
    yield Finding(
        f"The posting is not held, and {len(facts.missing_hours)} hours between {first:%Y-%m-%d %H:%M} and "
        f"{last:%Y-%m-%d %H:%M} UTC were never answered for: it may be of one of them.",
        "Open the job hourly_collection, Materialize, choose these hours, launch: one run, one sweep.",
    )


def _record_differs(facts: Facts) -> Iterator[Finding]:
    posting, reread = facts.posting, facts.reread
    if posting is None or reread is None:
        return
    if reread.posting is None:
        yield Finding(f"The record as it came cannot be read again: {reread.problem}.", "Look at the page's body.")
        return
    if reread.posting.external_id != posting.external_id:
        yield Finding(
            f"The page holds {reread.posting.external_id!r} at this position.", "The row was changed by hand."
        )
        return
    for column in differing_columns(facts):
        yield Finding(
            f"{column} is stored as {_short(getattr(posting, column))}, the record as it came gives "
            f"{_short(getattr(reread.posting, column))}.",
            "Materialize catalog/jobs with rebuild: true; if it stays, the row was changed by hand.",
        )


def _salary(facts: Facts) -> Iterator[Finding]:
    posting = facts.posting
    if posting is None:
        return
    for prefix, unit, currency, names in (
        ("ai_salary", "ai_salary_unittext", "ai_salary_currency", ("minvalue", "maxvalue", "value")),
        ("salary", "salary_unit", "salary_currency", ("min", "max")),
    ):
        for name in names:
            amount = getattr(posting, f"{prefix}_{name}")
            better = likely_unit(amount, getattr(posting, unit), getattr(posting, currency))
            if better:
                yield Finding(
                    f"{prefix}_{name} of {amount:,.0f} {getattr(posting, currency)} a {getattr(posting, unit)} is "
                    f"no salary; the unit that fits is {better}.",
                    "Compare with the record as it came below: the unit is the vendor's or the ad's own.",
                )
                break


def _state(facts: Facts) -> Iterator[Finding]:
    posting = facts.posting
    if posting is None:
        return
    if posting.closed_at:
        yield Finding(
            f"The posting was closed on {posting.closed_at:%Y-%m-%d} ({posting.closed_reason}).",
            "It is matched no more; a stored match stays for the record.",
        )
    elif posting.date_validthrough and posting.date_validthrough < facts.now:
        yield Finding(
            f"The posting expired on {posting.date_validthrough:%Y-%m-%d} by its own word and is still open.",
            "Run daily_upkeep for yesterday: it closes what expired. Is daily_upkeep_schedule on?",
        )
    elif posting.date_created < facts.now - _OLDEST_OPEN:
        yield Finding("The posting is older than six months and still open.", "Run daily_upkeep for yesterday.")


def _duplicates(facts: Facts) -> Iterator[Finding]:
    matched = [other for other in facts.duplicates if other.match_score is not None]
    if facts.duplicates:
        grouped = "grouped in one cluster" if facts.duplicates[0].same_cluster else "not grouped: their texts differ"
        yield Finding(
            f"The same company advertises the same title {len(facts.duplicates)} times more ({grouped}); "
            f"{len(matched)} of these are among the user's matches.",
            "See the section on duplicates; postings are grouped, never merged.",
        )


def _vectors(facts: Facts) -> Iterator[Finding]:
    posting, vector, user = facts.posting, facts.vector, facts.user
    if posting is None:
        return
    embed = "Materialize catalog/job_embeddings, then matching/semantic_matches."
    if vector is None:
        yield Finding("The posting has no vector of the present model.", embed)
    elif vector.text_hash != posting.text_hash:
        yield Finding("The posting's vector is stale: it was made from another text than the present one.", embed)
    elif abs(vector.norm - 1) > _UNIT_LENGTH_TOLERANCE:
        yield Finding(f"The posting's vector has length {vector.norm:.3f} in place of 1.", f"Delete it. {embed}")
    drift = facts.similarities.posting_drift
    if drift is not None and drift < _SAME_VECTOR_COSINE:
        yield Finding(
            f"The posting's vector is not that of its text: embedded now, the two have a cosine of {drift:.2f}.",
            f"Delete its row of job_embeddings. {embed}",
        )
    drift = facts.similarities.profile_drift
    if drift is not None and drift < _SAME_VECTOR_COSINE:
        yield Finding(
            f"The profile's vector is not that of its text: embedded now, the two have a cosine of {drift:.2f}.",
            "Delete its row of profile_embeddings, then run rematch_user.",
        )
    if user.profile_id is not None and user.vector_text_hash is None:
        yield Finding("The profile has no vector of the present model.", "Run ingest_cv for the user.")


def _profile(facts: Facts) -> Iterator[Finding]:
    user, again = facts.user, facts.reread_profile
    if user.profile_id is None:
        reason = f": {user.newest_reason}" if user.newest_reason else ""
        yield Finding(f"The user has no profile{reason}.", "Hand in a CV that can be read, then run ingest_cv.")
        return
    if not user.active:
        yield Finding("The user is not active: hourly runs pass by.", "Set users.active.")
    if user.newest_document_id != user.document_id and user.newest_status == "unreadable":
        yield Finding(
            f"The newest CV could not be read ({user.newest_reason}); the profile is of an older one.",
            "Have the user hand in another file.",
        )
    if user.matched_version is not None and user.matched_version < user.version:
        yield Finding(
            f"Matches are of profile version {user.matched_version}, the newest is {user.version}.",
            "Turn cv_profile_sensor on, or run rematch_user.",
        )
    if again is not None:
        yield from _profile_differs(facts, again)


def _profile_differs(facts: Facts, again: Profile) -> Iterator[Finding]:
    user = facts.user
    cause = (
        f"It was read by extractor version {user.extractor_version}, this is {EXTRACTOR_VERSION}: run ingest_cv."
        if user.extractor_version != EXTRACTOR_VERSION
        else "The row was changed by hand, or the reading depends on the day: hand the CV in again."
    )
    stored, now = user.experience_years, again.experience_years
    if (stored is None) != (now is None) or (stored is not None and abs(float(stored) - (now or 0)) > _YEARS_APART):
        yield Finding(
            f"The profile says {_years(stored)} of experience, its CV read again says {_years(now)} "
            f"({'; '.join(again.evidence.get('experience_years', [])) or 'no dates found'}).",
            cause,
        )
    for name in _COMPARED:
        kept, found = getattr(user, name), getattr(again, name)
        if kept != found and name != "experience_level":
            yield Finding(f"The profile's {name.replace('_', ' ')} are not those of its CV read again.", cause)


def _aliases(facts: Facts) -> Iterator[Finding]:
    for hit in facts.pair.skills.hits if facts.pair else ():
        if (
            hit.kind in ("alias", "fuzzy")
            and fuzz.ratio(hit.job_skill.casefold(), hit.cv_skill.casefold()) < _UNLIKE_RATIO
        ):
            yield Finding(
                f"{hit.job_skill!r} is counted as shown by {hit.cv_skill!r}: core/data/skills.toml has both as "
                f"{canonical(hit.job_skill)!r}.",
                "If they do not mean the same, take the alias out there, raise ENGINE_VERSION and run "
                "match_existing_jobs.",
            )


def _calibration(facts: Facts) -> Iterator[Finding]:
    knots = facts.calibration.calibration.knots
    rising = all(a[0] < b[0] and a[1] <= b[1] for a, b in itertools.pairwise(knots))
    fit = "Materialize quality/score_calibration, then run match_existing_jobs."
    if not rising or not all(0 <= score <= 100 for _, score in knots):
        yield Finding(f"Calibration {facts.calibration.id} does not rise from 0 to 100.", fit)
    similarity = facts.similarities.stored
    if similarity is None:
        return
    here = int(facts.calibration.calibration.score(np.array([similarity], np.float32))[0])
    usual = int(DEFAULT_CALIBRATION.score(np.array([similarity], np.float32))[0])
    if "MiniLM" in facts.settings.model and abs(here - usual) > _CALIBRATION_POINTS:
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
    if pair is not None and (stored.match_score, stored.semantic_score) != (pair.match, pair.parts.semantic):
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
            f"{pair.match} (semantic {pair.parts.semantic}): "
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


def differing_columns(facts: Facts) -> list[str]:
    """Columns of the posting that its record, read again, does not give."""
    if facts.posting is None or facts.reread is None or facts.reread.posting is None:
        return []
    columns = [name for name in POSTING_COLUMNS if name != "modified_fields"]
    return [name for name in columns if getattr(facts.posting, name) != getattr(facts.reread.posting, name)]


def _years(value: object) -> str:
    return "nothing" if value is None else f"{float(str(value)):g} years"


def _short(value: object) -> str:
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 100 else f"{text[:99]}…"


_LOOKS: tuple[Callable[[Facts], Iterator[Finding]], ...] = (
    _not_held,
    _hours_missing,
    _record_differs,
    _salary,
    _state,
    _duplicates,
    _vectors,
    _profile,
    _aliases,
    _calibration,
    _stored_differs,
    _prompt,
)
