-- Purpose: active users with their current profile, matches and last matching. Numbers at the end of a key count as
--          numbers: -9 comes before -10.
-- Parameters: with_profile (only users who have a profile), most (users).
-- Indexes: cv_profiles_user_id_version_key, user_job_matches_best, user_match_state_pkey.
SELECT users.user_key, p.experience_level, p.industries, p.version AS profile_version,
       coalesce(cardinality(p.skills), 0) AS skills_known, state.matched_at,
       (SELECT count(*) FROM user_job_matches WHERE user_id = users.id) AS matches
FROM users
LEFT JOIN LATERAL (
    SELECT version, experience_level, industries, skills FROM cv_profiles WHERE user_id = users.id
    ORDER BY version DESC LIMIT 1
) AS p ON true
LEFT JOIN user_match_state AS state ON state.user_id = users.id
WHERE users.active
  AND (NOT CAST(:with_profile AS boolean) OR p.version IS NOT NULL)
ORDER BY regexp_replace(users.user_key, '\d+$', '') COLLATE "C", length(users.user_key), users.user_key COLLATE "C"
LIMIT :most
