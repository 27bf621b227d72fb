"""Of several CVs of one user the best one counts, posting by posting."""

from dataclasses import fields

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from jobmatch_dagster.core.matching.block_engine import MatchTable
from jobmatch_dagster.core.matching.kept_pairs import best_of_each_user

_USERS = (7, 7, 3, 9, 9, 9)
_PAIRS = st.lists(
    st.tuples(st.integers(0, len(_USERS) - 1), st.integers(0, 4), st.sampled_from([30.0, 41.25, 80.0])),
    unique_by=lambda pair: pair[:2],
    max_size=30,
)


def _table(pairs: list[tuple[int, int, float]]) -> MatchTable:
    pairs = sorted(pairs)
    columns = {
        "user": np.array([user for user, _, _ in pairs], np.int64),
        "posting": np.array([posting for _, posting, _ in pairs], np.int64),
        "exact": np.array([exact for _, _, exact in pairs], np.float32),
    }
    rest = {found.name: np.arange(len(pairs)) for found in fields(MatchTable) if found.name not in columns}
    return MatchTable(**columns, **rest)


@given(_PAIRS)
def test_the_highest_score_of_a_user_is_kept(pairs: list[tuple[int, int, float]]) -> None:
    found = best_of_each_user(_table(pairs), _USERS)
    expected: dict[tuple[int, int], tuple[int, int, float]] = {}
    for profile, posting, exact in sorted(pairs):
        known = expected.get((_USERS[profile], posting))
        if known is None or exact > known[2]:
            expected[_USERS[profile], posting] = (profile, posting, exact)
    rows = list(zip(found.user.tolist(), found.posting.tolist(), found.exact.tolist(), strict=True))
    assert rows == sorted(expected.values())
    assert all(len(getattr(found, column.name)) == len(rows) for column in fields(MatchTable))


def test_users_with_one_cv_each_keep_their_table() -> None:
    table = _table([(0, 1, 30.0), (1, 1, 40.0)])
    assert best_of_each_user(table, (7, 3)) is table
