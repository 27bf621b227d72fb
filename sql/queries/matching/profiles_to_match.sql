-- Purpose: current profiles of active users (all, or these), one for each CV, if all of them have a vector of the model,
--          with what the users ask for. `user_version` is the highest version of the user.
-- Parameters: model, user_keys (text[] or NULL for all), only_current (boolean: leave out users whose own list is
--             not made from this profile and these preferences yet; their whole list is matched by itself),
--             bucket (NULL: users of all), buckets (their number).
-- Indexes: cv_profiles_user_id_version_key, profile_embeddings_pkey, user_match_state_pkey.
SELECT users.id AS user_id, users.user_key, p.id AS profile_id, p.label, p.version, p.user_version, p.skills, p.experience_level,
       p.industries, coalesce(u.work_arrangements, p.work_arrangements) AS work_arrangements,
       left(p.embedding_text, 600) AS embedding_text, u.locations, u.max_km, u.min_salary, u.salary_currency, u.needs_visa, u.languages, u.excluded_companies,
       u.skills_weight, u.experience_weight, u.industry_weight, u.work_arrangement_weight, u.semantic_weight,
       coalesce(u.explanation_language, 'en') AS explanation_language,
       coalesce(u.version, 0) AS preferences_version
FROM users
JOIN LATERAL (
    SELECT current.*, max(current.version) OVER () AS user_version, bool_and(e.profile_id IS NOT NULL) OVER () AS embedded
    FROM (
        SELECT DISTINCT ON (label) * FROM cv_profiles WHERE user_id = users.id ORDER BY label, version DESC
    ) AS current
    LEFT JOIN profile_embeddings AS e ON e.profile_id = current.id AND e.model = :model
) AS p ON p.embedded
LEFT JOIN user_preferences AS u ON u.user_id = users.id
LEFT JOIN user_match_state AS s ON s.user_id = users.id
WHERE users.active
  AND (CAST(:user_keys AS text[]) IS NULL OR users.user_key = ANY(:user_keys))
  AND (CAST(:bucket AS integer) IS NULL OR is_in_bucket(users.id, :bucket, :buckets))
  AND (
      NOT :only_current
      OR (s.profile_version = p.user_version AND s.preferences_version = coalesce(u.version, 0))
  )
ORDER BY p.id
