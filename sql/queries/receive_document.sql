-- Purpose: take in a CV; content that the user handed in before becomes the current one again.
-- Parameters: user_id, file_name, content, sha256.
-- Indexes: cv_documents_user_id_sha256_key.
INSERT INTO cv_documents AS known (user_id, file_name, content, sha256, status)
VALUES (:user_id, :file_name, :content, :sha256, 'received')
ON CONFLICT (user_id, sha256) DO UPDATE SET received_at = clock_timestamp(), file_name = excluded.file_name
WHERE known.id <> (
    SELECT id FROM cv_documents WHERE user_id = :user_id ORDER BY received_at DESC, id DESC LIMIT 1
)
RETURNING id
