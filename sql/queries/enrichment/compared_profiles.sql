-- Purpose: the facts of the profile versions that pairs were matched with. Work arrangements that a user prefers
--          replace those of the profile, and own weights those of the deployment, as in the matching; with the language of the reasons. No text of the CV is included.
-- Parameters: user_ids (bigint[]) and versions (integer[]), of the same length.
-- Indexes: cv_profiles_user_id_version_key, user_preferences_pkey.
SELECT p.user_id, p.version, p.skills, p.experience_years, p.experience_level, p.seniority, p.education, p.languages,
       p.industries, coalesce(u.work_arrangements, p.work_arrangements) AS work_arrangements,
       u.skills_weight, u.experience_weight, u.industry_weight, u.work_arrangement_weight, u.semantic_weight,
       coalesce(u.explanation_language, 'en') AS explanation_language
FROM unnest(CAST(:user_ids AS bigint[]), CAST(:versions AS integer[])) AS wanted (user_id, version)
JOIN cv_profiles AS p ON p.user_id = wanted.user_id AND p.version = wanted.version
LEFT JOIN user_preferences AS u ON u.user_id = p.user_id
