-- Purpose: active users with what they ask for about digests; NULL leaves it to the run.
-- Parameters: none.
-- Indexes: user_preferences_pkey.
SELECT users.id AS user_id, users.user_key, coalesce(p.digest_every, 'day') AS every, p.digest_max_matches AS max_matches,
       p.digest_min_score AS min_score, p.quiet_hours, p.time_zone,
       coalesce(p.digest_channels, ARRAY['files']) AS channels, coalesce(p.explanation_language, 'en') AS language
FROM users
LEFT JOIN user_preferences AS p ON p.user_id = users.id
WHERE users.active
ORDER BY users.id
