-- Purpose: the digests of claimed deliveries with whom they go to, each after those that the channel has delivered to the
--          user before (for its feed), newest first. A claim that another run has taken over since has no row.
-- Parameters: channel, digest_ids and attempts (arrays of one length), digests (most of them in a message).
-- Indexes: digest_deliveries_pkey, user_digests_newest, user_preferences_pkey.
SELECT d.digest_id, users.user_key, p.email, to_char(listed.day, 'YYYY-MM-DD') AS day, listed.created_at,
       listed.content_hash, listed.lines
FROM unnest(CAST(:digest_ids AS bigint[]), CAST(:attempts AS integer[])) AS claimed (digest_id, attempts)
JOIN digest_deliveries AS d
    ON d.digest_id = claimed.digest_id AND d.channel = :channel AND d.state = 'waiting' AND d.attempts = claimed.attempts
JOIN users ON users.id = d.user_id AND users.active
LEFT JOIN user_preferences AS p ON p.user_id = d.user_id
CROSS JOIN LATERAL (
    SELECT u.id, u.day, u.created_at, u.content_hash, u.lines, u.id = d.digest_id AS is_due
    FROM user_digests AS u
    WHERE u.user_id = d.user_id
      AND (u.id = d.digest_id
           OR (u.id < d.digest_id AND u.id = ANY (CAST(:digest_ids AS bigint[])))
           OR EXISTS (SELECT FROM digest_deliveries AS s
                      WHERE s.digest_id = u.id AND s.channel = :channel AND s.state = 'sent'))
    ORDER BY is_due DESC, u.id DESC
    LIMIT :digests
) AS listed
ORDER BY d.digest_id, listed.is_due DESC, listed.id DESC
