-- Purpose: add the next version of a user's profile. The caller has the user's lock.
-- Parameters: user_id, document_id, version (at least; 0: the next one) and the columns of cv_profiles (evidence and reading as jsonb text).
-- Indexes: cv_profiles_user_id_version_key.
INSERT INTO cv_profiles (
    user_id, version, document_id, language, skills, experience_years, experience_level, seniority, education,
    languages, industries, work_arrangements, locations, evidence, embedding_text, text_hash, extractor_version, run_id,
    stated, reading, label
)
SELECT :user_id, greatest(coalesce(max(version), 0) + 1, :version), :document_id, :language, :skills, :experience_years,
       :experience_level, :seniority, :education, :languages, :industries, :work_arrangements, :locations,
       CAST(:evidence AS jsonb), :embedding_text, :text_hash, :extractor_version, :run_id,
       :stated, CAST(:reading AS jsonb),
       (SELECT label FROM cv_documents WHERE id = :document_id)
FROM cv_profiles
WHERE user_id = :user_id
RETURNING version
