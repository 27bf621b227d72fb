-- Purpose: store a CV as the current version of the user's CV with this label. Content that the user handed in before becomes current again. Returns
--          no row if it is current already.
-- Parameters: user_id, label, file_name, content, sha256, file_bytes, file_modified_ns, reason (if content is not stored).
-- Indexes: cv_documents_user_id_label_sha256_key.
INSERT INTO cv_documents AS known (
    user_id, label, file_name, content, sha256, file_bytes, file_modified_ns, status, reason
)
VALUES (
    :user_id, :label, :file_name, :content, :sha256, :file_bytes, :file_modified_ns,
    CASE WHEN CAST(:reason AS text) IS NULL THEN 'received' ELSE 'unreadable' END, :reason
)
ON CONFLICT (user_id, label, sha256) DO UPDATE SET
    landing = nextval('cv_landings'), received_at = clock_timestamp(),
    file_name = excluded.file_name, file_modified_ns = excluded.file_modified_ns
WHERE known.id <> (
    SELECT id FROM cv_documents WHERE user_id = :user_id AND label = :label ORDER BY landing DESC LIMIT 1
)
RETURNING id
