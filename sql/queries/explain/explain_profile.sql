-- Purpose: a user's current profiles, one for each CV, the newest first, with the CV it was read from; one row of nulls
--          where there is none yet.
-- Parameters: user_key, model.
-- Indexes: users_user_key_key, cv_profiles_user_id_version_key, cv_documents_user_id_label_sha256_key.
SELECT users.id AS user_id, users.active, p.id AS profile_id, p.label, p.version, p.language, p.skills, p.experience_years,
       p.experience_level, p.seniority, p.education, p.languages, p.industries, p.work_arrangements, p.locations,
       p.evidence, p.stated, p.embedding_text, p.extractor_version, p.created_at, p.run_id, p.document_id,
       d.text AS document_text, newest.id AS newest_document_id, newest.status AS newest_status,
       newest.reason AS newest_reason, e.text_hash AS vector_text_hash, e.run_id AS vector_run_id,
       s.profile_version AS matched_version, s.run_id AS matched_run_id
FROM users
LEFT JOIN LATERAL (
    SELECT DISTINCT ON (label) * FROM cv_profiles WHERE user_id = users.id ORDER BY label, version DESC
) AS p ON true
LEFT JOIN cv_documents AS d ON d.id = p.document_id
LEFT JOIN LATERAL (
    SELECT * FROM cv_documents WHERE user_id = users.id AND (p.label IS NULL OR label = p.label)
    ORDER BY received_at DESC, id DESC LIMIT 1
) AS newest ON true
LEFT JOIN profile_embeddings AS e ON e.profile_id = p.id AND e.model = :model
LEFT JOIN user_match_state AS s ON s.user_id = users.id
WHERE users.user_key = :user_key
ORDER BY p.version DESC
