-- Purpose: store a CV as the user's current one. Content that the user handed in before becomes current again. Returns
--          no row if it is current already.
-- Parameters: user_id, file_name, content, sha256, file_bytes, file_modified_ns, reason (if content is not stored).
-- Indexes: cv_documents_user_id_sha256_key.
INSERT INTO cv_documents AS known (
    user_id, file_name, content, sha256, file_bytes, file_modified_ns, status, reason
)
VALUES (
    :user_id, :file_name, :content, :sha256, :file_bytes, :file_modified_ns,
    CASE WHEN CAST(:reason AS text) IS NULL THEN 'received' ELSE 'unreadable' END, :reason
)
ON CONFLICT (user_id, sha256) DO UPDATE SET
    landing = nextval('cv_landings'), received_at = clock_timestamp(),
    file_name = excluded.file_name, file_modified_ns = excluded.file_modified_ns
WHERE known.id <> (
    SELECT id FROM cv_documents WHERE user_id = :user_id ORDER BY landing DESC LIMIT 1
)
RETURNING id
