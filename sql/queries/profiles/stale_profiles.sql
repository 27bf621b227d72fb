-- Purpose: current profiles of active users, one for each CV, without a vector of this model, or with the vector of another text.
-- Parameters: model, user_keys (text[] or NULL for all).
-- Indexes: cv_profiles_user_id_version_key, profile_embeddings_pkey.
SELECT p.id, p.text_hash, p.embedding_text
FROM users
JOIN LATERAL (
    SELECT DISTINCT ON (label) * FROM cv_profiles WHERE user_id = users.id ORDER BY label, version DESC
) AS p ON true
LEFT JOIN profile_embeddings AS e ON e.profile_id = p.id AND e.model = :model
WHERE users.active
  AND (CAST(:user_keys AS text[]) IS NULL OR users.user_key = ANY(:user_keys))
  AND e.text_hash IS DISTINCT FROM p.text_hash
ORDER BY p.id
