"""Sections on the pair as it is judged now, beside what is stored: verdict, score, skills, what would change it."""

from collections.abc import Iterator

from jobmatch_dagster.core.currencies import currency_code
from jobmatch_dagster.core.explanation_page import UNKNOWN, Section, Table
from jobmatch_dagster.core.matching.judge import Judgement, PairFacts, pair_likeness
from jobmatch_dagster.core.matching.likeness import SHARE_WEIGHT
from jobmatch_dagster.core.matching.salaries import rates_date
from jobmatch_dagster.core.matching.scoring import CLAUDE_THRESHOLD, PARTS
from jobmatch_dagster.core.profiles.own_facts import STATED, OwnFacts
from jobmatch_dagster.core.vocabulary.skill_table import canonical
from jobmatch_dagster.db.explain.rows import StoredMatch
from jobmatch_dagster.pipeline.explain.changes import changes, needed_for_verdicts
from jobmatch_dagster.pipeline.explain.pair_data import JudgedNow, PairData
from jobmatch_dagster.pipeline.explain.wording import cut, known


def why_no_match(data: PairData) -> str:
    """Why the pair is not among the matches, in words."""
    posting, profile, settings = data.posting, data.profile, data.scoring.settings
    if posting is None:
        return "the posting is in quarantine" if data.quarantined else "the posting is not stored"
    if profile.profile_id is None:
        return "the user has no profile"
    if data.judged is None:
        if profile.vector_text_hash is None or not profile.active:
            return "the profile has no vector of the current model, or the user is not active"
        return "the posting has no vector of the current model for its current text"
    if out := _why_out(data.judged.judgement, settings.floor):
        return out
    if posting.closed_at:
        return "the posting was closed before it was matched"
    return (
        f"it is not among the {settings.keep_best:,} best that a user keeps, or it was not matched yet "
        "(materialize matching/semantic_matches)"
    )


def is_same(data: PairData) -> bool | None:
    """Whether the stored score is what its inputs give now; None where there is nothing to compare."""
    if data.stored is None or data.judged is None:
        return None
    now = data.judged.judgement
    return not now.unfit and all(before == score for _, before, score in _parts(data.stored, now))


def verdict_section(data: PairData) -> Section:
    """The match in a few lines."""
    facts: dict[str, object] = {}
    stored = data.stored
    if stored is None:
        facts["match"] = f"none: {why_no_match(data)}"
    else:
        place = f"place {stored.place} of {stored.kept}"
        before = f"{stored.match_score} of 100, priority {stored.priority}, {place}"
        facts["match"] = f"now: {_now(data, data.judged)}; stored: {before}" if is_same(data) is False else before
        facts["user's decision"] = stored.status
    if data.judged is not None:
        same = is_same(data)
        compared = "" if same is None else ", the same as stored" if same else ", not the same as stored"
        facts["computed again now"] = f"{data.judged.judgement.score} of 100{compared}"
        facts["in words"] = data.judged.judgement.reasoning
        if unstored := _unstored(data.judged):
            facts["computed for this page, not stored yet"] = unstored
    if data.judged is not None and len(data.judged.scores_of_cvs) > 1:
        facts["CV that fits best now"] = _scores_of_cvs(data.judged, data.profile.label)
    if stored is not None:
        facts["Claude"] = claude_state(data, stored)
    return Section("Verdict", facts)


def _scores_of_cvs(judged: JudgedNow, best: str | None) -> str:
    """The CV that counts, and what each of the user's CVs scores."""
    scores = (
        f"{label} {'no match' if score is None else f'{score:.2f}'}" for label, score in judged.scores_of_cvs.items()
    )
    return f"{best}, of {', '.join(scores)}"


def claude_state(data: PairData, stored: StoredMatch) -> str:
    """Whether Claude was asked, and why not."""
    if stored.claude_status is None:
        return f"not asked: the semantic score is below {CLAUDE_THRESHOLD}"
    if stored.claude_status == "waiting":
        why = "; ".join(filter(None, (stored.claude_reason, data.claude_waits)))
        return f"waiting: {why}" if why else "waiting"
    score = f"score {stored.claude_score}" if stored.claude_score is not None else "no score"
    return f"{stored.claude_status}, {score}" + (f": {stored.claude_reason}" if stored.claude_reason else "")


def differences(data: PairData) -> list[str]:
    """What differs between the stored match and the one that its inputs give now, in words."""
    if data.stored is None or data.judged is None:
        return []
    now = data.judged.judgement
    return [
        f"{name.replace('_', ' ')} {known(before)}, now {known(score)}"
        for name, before, score in _parts(data.stored, now)
        if before != score
    ]


def _now(data: PairData, judged: JudgedNow | None) -> str:
    if judged is None:
        return UNKNOWN
    now = judged.judgement
    out = _why_out(now, data.scoring.settings.floor)
    return f"no match, {out}" if out else f"{now.score} of 100, priority {now.priority}"


def _why_out(now: Judgement, floor: int) -> str:
    """Why the pair is no match by its own facts; "" if it may be one."""
    if now.unfit:
        return f"a filter excludes it: {', '.join(now.unfit)}"
    return f"its score of {known(now.score)} is below {floor}" if now.score is None or now.score < floor else ""


def score_section(data: PairData, judged: JudgedNow) -> Section:
    """Stored and computed parts with their evidence."""
    now, stored = judged.judgement, data.stored
    rows, evidence = [], _evidence(data, judged)
    for name, before, score in _parts(stored, now):
        weight = getattr(judged.rules.weights, name, None)
        same = "" if stored is None else "same" if before == score else "differs"
        rows.append((name.replace("_", " "), weight, before, score, same, evidence[name]))
    return Section(
        "Score, part by part",
        {
            "filters": f"excludes it: {', '.join(now.unfit)}" if now.unfit else "fits",
            "the user's conditions": _conditions(stored, judged),
            "weights": _whose_weights(data, judged),
            "priority": now.priority,
            "exact score (orders the list)": _exact(stored, now),
            "certainty": f"{now.stated} % of the weight stated by the vendor, {now.read} % read from the ad's text, "
            f"{100 - now.stated - now.read} % unknown",
            "unknown parts": "the semantic part has their weight, and three quarters of the weight of what was read",
        },
        [Table(("part", "weight", "stored", "now", "", "evidence"), rows)],
    )


def skills_section(stored: StoredMatch | None, now: Judgement, own_facts: OwnFacts) -> Section:
    """Each skill asked for and what shows it."""
    skills, own = now.skills, set(own_facts.skills_added or ())
    rows = [
        *(
            (
                hit.job_skill,
                f"{hit.cv_skill} ({STATED})" if hit.cv_skill in own else hit.cv_skill,
                hit.kind,
                hit.credit,
                canonical(hit.job_skill),
            )
            for hit in skills.hits
        ),
        *((name, None, "missing", 0.0, canonical(name)) for name in skills.missing),
    ]
    columns = ("asked for", "shown by", "how", "credit", "means in the skill table")
    return Section(
        "Skills",
        {
            "match": skills.summary,
            "evidence stored with the match": _stored_hits(stored, now),
            "further skills of the CV": skills.additional[:20],
        },
        [Table(columns, rows)] if rows else [],
    )


def changes_section(judged: JudgedNow) -> Section:
    """The pair with one thing different."""
    score = judged.judgement.score
    rows = []
    for change in changes(judged):
        then = change.judgement
        rows.append((change.what, score, then.score, then.priority, ", ".join(then.unfit) or "fits"))
    columns = ("if", "now", "then", "priority", "filters")
    return Section("What would change it", needed_for_verdicts(judged), [Table(columns, rows)])


def _unstored(judged: JudgedNow) -> str:
    """What the next matching will store."""
    facts = ["the facts of the posting"] if judged.has_unstored_facts else []
    if judged.unstored_skills:
        facts.append(f"what is alike to {', '.join(judged.unstored_skills)}")
    return "; ".join(facts)


def _parts(stored: StoredMatch | None, now: Judgement) -> Iterator[tuple[str, int | None, int | None]]:
    """Name, stored value and value now of each part, and of the whole."""
    for name in PARTS:
        yield name, getattr(stored, f"{name}_score", None), getattr(now.parts, name)
    yield "match", stored.match_score if stored else None, now.score


def _evidence(data: PairData, judged: JudgedNow) -> dict[str, str]:
    """What each part, and the whole, was computed from."""
    posting, profile = judged.facts.posting, judged.facts.profile
    note = dict.fromkeys(data.profile.stated or (), f" ({STATED})")
    level, industries = note.get("experience_level", ""), note.get("industries", "")
    return {
        "skills": judged.judgement.skills.summary,
        "experience": f"asked {known(posting.experience_level)}, has {known(profile.experience_level)}{level}",
        "industry": f"{cut(posting.industries)} / {cut(profile.industries)}{industries}",
        "work_arrangement": f"{known(posting.work_arrangement)} / accepts {cut(profile.work_arrangements)}",
        "semantic": _likeness(judged),
        "match": "weighted mean of the parts",
    }


def _whose_weights(data: PairData, judged: JudgedNow) -> str:
    own, others = judged.rules.weights, data.scoring.settings.weights
    if own == others:
        return "the deployment's"
    both = [(part.replace("_", " "), getattr(own, part), getattr(others, part)) for part in PARTS]
    changed = (f"{part} {mine:g} instead of {theirs:g}" for part, mine, theirs in both if mine != theirs)
    return f"the user's own: {', '.join(changed)}"


def _likeness(judged: JudgedNow) -> str:
    alike = pair_likeness(judged.facts, judged.judgement.skills, judged.calibration.frequencies)
    if alike is None:
        return "texts not compared"
    total, cosine, skills, words = (float(number[0]) for number in alike)
    shared = f"{SHARE_WEIGHT} x shares of skills {skills:.2f} and title {words:.2f}"
    return f"likeness {total:.3f}: cosine {cosine:.3f}, {shared}"


def _conditions(stored: StoredMatch | None, judged: JudgedNow) -> str:
    """Each of the user's own conditions with its verdict now and, where it differs, as stored."""
    before = (stored.filters if stored else None) or {}
    shown = []
    for name, verdict in judged.judgement.filters:
        differs = name in before and before[name] != verdict
        rates = f", at rates of {rates_date()}" if name == "salary" and _is_converted(judged.facts, verdict) else ""
        shown.append(f"{name}: {verdict}{rates}" + (f" (stored: {before[name]})" if differs else ""))
    return ", ".join(shown) or "none set"


def _is_converted(pair: PairFacts, verdict: str) -> bool:
    """Whether a salary was compared in another currency than its own."""
    wish, offer = pair.user_conditions.salary_currency, pair.posting_conditions.salary_currency
    return verdict != "unknown" and bool(wish and offer and wish != currency_code(offer))


def _exact(stored: StoredMatch | None, now: Judgement) -> str:
    shown = UNKNOWN if now.exact is None else f"{now.exact:.2f}"
    return shown if stored is None else f"{shown}, stored {known(stored.exact_score)}"


def _stored_hits(stored: StoredMatch | None, now: Judgement) -> str:
    """Whether the skill hits that were stored with the match are those that are found now."""
    if stored is None or stored.skill_hits is None:
        return "none"
    before, after = {tuple(hit) for hit in stored.skill_hits}, {tuple(hit) for hit in now.skills.hits}
    if before == after:
        return "the same"
    differences = [("then", hit) for hit in before - after] + [("now", hit) for hit in after - before]
    return "differs: " + "; ".join(sorted(f"{when} {job} <- {cv} ({kind})" for when, (kind, job, cv) in differences))
