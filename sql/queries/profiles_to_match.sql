-- Purpose: current profiles of active users (all, or these) that have a vector of the model.
-- Parameters: model, user_keys (text[] or NULL for all).
-- Indexes: cv_profiles_user_id_version_key, profile_embeddings_pkey.
SELECT users.id AS user_id, users.user_key, p.id AS profile_id, p.version, p.skills, p.experience_level,
       p.industries, coalesce(u.work_arrangements, p.work_arrangements) AS work_arrangements,
       coalesce(u.version, 0) AS preferences_version
FROM users
JOIN LATERAL (
    SELECT * FROM cv_profiles WHERE user_id = users.id ORDER BY version DESC LIMIT 1
) AS p ON true
JOIN profile_embeddings AS e ON e.profile_id = p.id AND e.model = :model
LEFT JOIN user_preferences AS u ON u.user_id = users.id
WHERE users.active
  AND (CAST(:user_keys AS text[]) IS NULL OR users.user_key = ANY(:user_keys))
ORDER BY p.id
