"""Numbers over all users."""

from jobmatch_dagster.db.statistics.jobs_and_users import UserStatistics
from jobmatch_dagster.pipeline.statistics.summary import summarise_users


def _user(user_id: int, matches: int, **numbers: object) -> UserStatistics:
    counts = {"matched_claude": 0, "saved": 0, "applied": 0, "rejected": 0, "average_score": None}
    lists = {"average_score_by_experience_level": {}, "top_industries": {}, "missing_skills": {}, "opening_skills": {}}
    return UserStatistics(
        user_id=user_id, user_key=f"user-{user_id}", matched_semantic=matches, **{**counts, **lists, **numbers}
    )


def test_users_are_summed_up() -> None:
    found = summarise_users(
        [
            _user(1, 0),
            _user(2, 3, saved=1, top_industries={"Technology": 3}, missing_skills={"Go": 2, "SQL": 1},
                  average_score_by_experience_level={"0-2": 40.0}),
            _user(3, 9, matched_claude=2, saved=2, rejected=1, top_industries={"Energy": 4, "Technology": 5},
                  missing_skills={"SQL": 7}, average_score_by_experience_level={"0-2": 60.0, "2-5": 80.0}),
        ]
    )  # fmt: skip
    assert [user.user_id for user in found.by_user] == [3, 2, 1]
    assert (found.users_with_matches, found.matches, found.matches_with_claude) == (2, 12, 2)
    assert found.decisions == {"saved": 3, "applied": 0, "rejected": 1}
    assert list(found.industries.items()) == [("Technology", 8), ("Energy", 4)]
    assert found.missing_skills == {"SQL": 2, "Go": 1}
    assert found.score_by_level == {"0-2": 50.0, "2-5": 80.0}
