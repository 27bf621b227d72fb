"""Digests of the version before keep what became of them, there and back: nothing is sent again or lost."""

from sqlalchemy import text

from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.db.connection.migrations import migrate, rollback

_DIGESTS = """
    INSERT INTO users (user_key) VALUES ('ada');
    INSERT INTO user_digests (user_id, day, lines, content_hash, created_at)
    SELECT id, '2026-11-19', '[]', hash, '2026-11-20 04:00Z'
    FROM users, unnest(ARRAY['sent', 'failed', 'mail']) AS hash;
    INSERT INTO digest_deliveries (digest_id, channel, user_id, state, attempts, next_attempt_at, sent_at, last_error)
    SELECT d.id, channel, user_id, state, attempts, now(), CASE WHEN state = 'sent' THEN d.created_at END, error
    FROM user_digests AS d
    JOIN (VALUES ('sent', 'files', 'sent', 1, NULL), ('failed', 'files', 'waiting', 3, 'OSError: No space left'),
                 ('mail', 'mail', 'given_up', 10, 'HTTP 503')) AS v (hash, channel, state, attempts, error)
        ON v.hash = d.content_hash
"""
_BEFORE = "SELECT content_hash, sent_at IS NOT NULL, attempts, last_error FROM user_digests ORDER BY id"
_AFTER = (
    "SELECT content_hash, channel, state, attempts, last_error FROM digest_deliveries "
    "JOIN user_digests ON user_digests.id = digest_id ORDER BY digest_id"
)


def _rows(database: Database, query: str) -> list[tuple[object, ...]]:
    with database.begin() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def test_digests_keep_what_became_of_them(database: Database) -> None:
    with database.begin() as connection:
        connection.exec_driver_sql(_DIGESTS)
    while _rows(database, "SELECT 1 WHERE to_regclass('digest_deliveries') IS NOT NULL"):
        rollback(database)
    assert _rows(database, _BEFORE) == [
        ("sent", True, 1, None),
        ("failed", False, 3, "OSError: No space left"),
        ("mail", True, 0, None),
    ]
    migrate(database)
    assert _rows(database, _AFTER) == [
        ("sent", "files", "sent", 1, None),
        ("failed", "files", "waiting", 3, "OSError: No space left"),
        ("mail", "files", "sent", 0, None),
    ]
