from collections import Counter
from datetime import UTC, datetime, timedelta

from jobmatch_dagster.core.catalog.normalise import normalise_record
from jobmatch_dagster.demo.corpus import postings_of_hour, to_g2

_HOUR = datetime(2026, 11, 20, 9, tzinfo=UTC)
_RECORDS = [record for n in range(100) for record in postings_of_hour(_HOUR + timedelta(hours=n), count=42)]


def _shares(field: str) -> dict[str, float]:
    counts = Counter(record[field] for record in _RECORDS if record[field])
    return {value: 100 * count / counts.total() for value, count in counts.items()}


def test_hour_has_the_same_postings_each_with_its_own_id() -> None:
    assert postings_of_hour(_HOUR, count=42) == postings_of_hour(_HOUR, count=42)
    assert len({record["id"] for record in _RECORDS}) == len(_RECORDS) == 4_200


def test_the_market_has_the_missions_proportions() -> None:
    arrangements, levels = _shares("ai_work_arrangement"), _shares("ai_experience_level")
    assert abs(arrangements["On-site"] - 70.7) < 3
    assert abs(arrangements["Hybrid"] - 19.3) < 3
    assert abs(arrangements["Remote OK"] + arrangements["Remote Solely"] - 10) < 3
    for level, share in (("0-2", 59), ("2-5", 23), ("5-10", 14)):
        assert abs(levels[level] - share) < 3


def test_both_generations_normalise_to_the_same_posting() -> None:
    differing: Counter[str] = Counter()
    for record in _RECORDS[:200]:
        first = normalise_record(record)
        second = normalise_record(to_g2(record))
        differing.update(name for name in first.__slots__ if getattr(first, name) != getattr(second, name))
    assert set(differing) <= {"record_hash", "remote_derived"}
