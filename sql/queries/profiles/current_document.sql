-- Purpose: the CV that a user handed in last, with the newest profile version, and whether that was read from it.
-- Parameters: user_id, extractor_version.
-- Indexes: cv_documents_user_id_sha256_key, cv_profiles_user_id_version_key.
SELECT d.id, d.user_id, d.file_name, d.content, d.sha256, d.status, d.reason,
       (SELECT max(version) FROM cv_profiles WHERE user_id = :user_id) AS newest_version,
       (
           SELECT document_id = d.id AND extractor_version = :extractor_version
           FROM cv_profiles WHERE user_id = :user_id ORDER BY version DESC LIMIT 1
       ) AS is_profiled
FROM cv_documents AS d
WHERE d.user_id = :user_id
ORDER BY d.landing DESC
LIMIT 1
