"""Numbers over all users, from the numbers of each."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from jobmatch_dagster.db.statistics.jobs_and_users import UserStatistics

_COUNTED_DECISIONS = ("saved", "applied", "rejected")


@dataclass(frozen=True)
class UsersSummary:
    """All users together. `by_user` has the users with the most matches first.

    `industries` counts matches, `missing_skills` counts users. `score_by_level` is the mean, over the users who have
    matches of an experience level, of their average score (0 to 100).
    """

    by_user: Sequence[UserStatistics]
    users_with_matches: int
    matches: int
    matches_with_claude: int
    decisions: Mapping[str, int]
    industries: Mapping[str, int]
    missing_skills: Mapping[str, int]
    score_by_level: Mapping[str, float]


def summarise_users(users: Sequence[UserStatistics]) -> UsersSummary:
    """Sum up the numbers of all users."""
    return UsersSummary(
        by_user=sorted(users, key=lambda user: -user.matched_semantic),
        users_with_matches=sum(user.matched_semantic > 0 for user in users),
        matches=sum(user.matched_semantic for user in users),
        matches_with_claude=sum(user.matched_claude for user in users),
        decisions={name: sum(getattr(user, name) for user in users) for name in _COUNTED_DECISIONS},
        industries=_summed(user.top_industries for user in users),
        missing_skills=_summed(dict.fromkeys(sorted(user.missing_skills), 1) for user in users),
        score_by_level=_mean_by_level(users),
    )


def _summed(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """The sums by name, the largest first."""
    total: Counter[str] = Counter()
    for count in counts:
        total.update(count)
    return dict(total.most_common())


def _mean_by_level(users: Sequence[UserStatistics]) -> dict[str, float]:
    scores: dict[str, list[float]] = {}
    for user in users:
        for level, score in user.average_score_by_experience_level.items():
            scores.setdefault(level, []).append(score)
    return {level: sum(values) / len(values) for level, values in sorted(scores.items())}
