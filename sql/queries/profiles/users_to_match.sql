-- Purpose: active users whose profile or preferences are newer than those that their matches were made from.
-- Parameters: scoring_key (also users whose matches have another one; NULL: the scoring does not matter), bucket (NULL:
--   users of all), buckets (their number).
-- Indexes: cv_profiles_user_id_version_key, user_preferences_pkey, user_match_state_pkey.
SELECT users.id AS user_id, users.user_key, p.version AS profile_version, coalesce(w.version, 0) AS preferences_version
FROM users
JOIN LATERAL (
    SELECT version FROM cv_profiles WHERE user_id = users.id ORDER BY version DESC LIMIT 1
) AS p ON true
LEFT JOIN user_preferences AS w ON w.user_id = users.id
LEFT JOIN user_match_state AS s ON s.user_id = users.id
WHERE users.active
  AND (CAST(:bucket AS integer) IS NULL OR is_in_bucket(users.id, :bucket, :buckets))
  AND (
      p.version > coalesce(s.profile_version, 0)
      OR coalesce(w.version, 0) > coalesce(s.preferences_version, 0)
      OR (CAST(:scoring_key AS text) IS NOT NULL AND s.scoring_key IS DISTINCT FROM :scoring_key)
  )
ORDER BY users.id
