-- Purpose: empty old digests that wait for no delivery. The rows stay: digest_entries says by them what was announced.
-- Parameters: before, limit.
-- Indexes: user_digests_pkey, digest_deliveries_pkey.
UPDATE user_digests
SET lines = '[]'
WHERE id IN (
    SELECT id
    FROM user_digests AS d
    WHERE created_at < :before
      AND lines <> '[]'
      AND NOT EXISTS (SELECT FROM digest_deliveries WHERE digest_id = d.id AND state = 'waiting')
    ORDER BY id
    LIMIT :limit
)
