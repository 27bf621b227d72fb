-- Purpose: active users by the reason they get no good matches: no profile, a newest CV that could not be read, a
--          profile without skills, a vector that is missing, has another dimension or is not of unit length.
-- Parameters: model, tolerance (of the length).
-- Indexes: cv_profiles_user_id_version_key, profile_embeddings_pkey, cv_documents_user_id_label_sha256_key.
SELECT count(*) AS users,
       count(*) FILTER (WHERE p.id IS NULL) AS without_profile,
       count(*) FILTER (WHERE d.status = 'unreadable') AS unreadable,
       count(*) FILTER (WHERE p.id IS NOT NULL AND p.skills IS NULL) AS without_skills,
       count(*) FILTER (WHERE p.id IS NOT NULL AND p.experience_level IS NULL) AS without_experience,
       count(*) FILTER (WHERE p.id IS NOT NULL AND e.profile_id IS NULL) AS vectors_missing,
       count(*) FILTER (WHERE NOT abs(vector_norm(e.embedding) - 1) <= :tolerance) AS vectors_not_unit,
       count(DISTINCT vector_dims(e.embedding)) AS dimensions
FROM users
LEFT JOIN LATERAL (
    SELECT id, skills, experience_level FROM cv_profiles WHERE user_id = users.id ORDER BY version DESC LIMIT 1
) AS p ON true
LEFT JOIN LATERAL (
    SELECT status FROM cv_documents WHERE user_id = users.id ORDER BY received_at DESC, id DESC LIMIT 1
) AS d ON true
LEFT JOIN profile_embeddings AS e ON e.profile_id = p.id AND e.model = :model
WHERE users.active
