-- Purpose: of each of a user's CVs the version that was handed in last, with the newest profile version of the user, and
--          whether the current profile of that CV was read from it. The CV that was handed in last comes first.
-- Parameters: user_id, extractor_version.
-- Indexes: cv_documents_user_id_label_sha256_key, cv_profiles_user_id_version_key.
SELECT d.id, d.user_id, d.label, d.file_name, d.content, d.sha256, d.status, d.reason,
       (SELECT max(version) FROM cv_profiles WHERE user_id = :user_id) AS newest_version,
       (
           SELECT document_id = d.id AND extractor_version = :extractor_version
           FROM cv_profiles WHERE user_id = :user_id AND label = d.label ORDER BY version DESC LIMIT 1
       ) AS is_profiled
FROM (
    SELECT DISTINCT ON (label) * FROM cv_documents WHERE user_id = :user_id ORDER BY label, landing DESC
) AS d
ORDER BY d.landing DESC
