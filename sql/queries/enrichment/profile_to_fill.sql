-- Purpose: the current profile of one of a user's CVs with the text of its CV, unless an answer about this CV was applied already.
-- Parameters: user_key, label.
-- Indexes: users_user_key_key, cv_profiles_user_id_version_key, profile_requests_user.
SELECT p.*, d.text AS cv_text
FROM users
JOIN LATERAL (SELECT * FROM cv_profiles WHERE user_id = users.id AND label = :label ORDER BY version DESC LIMIT 1) AS p ON true
JOIN cv_documents AS d ON d.id = p.document_id
WHERE users.user_key = :user_key
  AND users.active
  AND NOT EXISTS (
      SELECT FROM profile_requests AS r
      WHERE r.user_id = users.id AND r.document_id = p.document_id AND r.applied_version IS NOT NULL
  )
