-- Purpose: active users whose current profile or preferences are other than those their matches were made from.
-- Parameters: scoring_key (NULL: whatever the scoring was).
-- Indexes: cv_profiles_user_id_version_key, user_match_state_pkey, user_preferences_pkey.
SELECT users.user_key, p.version AS profile_version, coalesce(s.profile_version, 0) AS matched_version
FROM users
JOIN LATERAL (
    SELECT version FROM cv_profiles WHERE user_id = users.id ORDER BY version DESC LIMIT 1
) AS p ON true
LEFT JOIN user_preferences AS u ON u.user_id = users.id
LEFT JOIN LATERAL (
    SELECT md5((u.locations, u.work_arrangements, u.min_salary, u.salary_currency, u.needs_visa, u.languages,
                u.excluded_companies)::text) AS preferences_hash
    WHERE u.user_id IS NOT NULL
) AS h ON true
LEFT JOIN user_match_state AS s ON s.user_id = users.id
WHERE users.active
  AND (
      p.version > coalesce(s.profile_version, 0)
      OR s.preferences_hash IS DISTINCT FROM h.preferences_hash
      OR (CAST(:scoring_key AS text) IS NOT NULL AND s.scoring_key IS DISTINCT FROM :scoring_key)
  )
ORDER BY users.id
