-- Purpose: pairs that wait for Claude, each user's best first, with the facts that are asked about.
-- Parameters: user_keys (text[] or NULL for all), per_user (pairs of each user at most).
-- Indexes: user_job_matches_claude, jobs_pkey, cv_profiles_user_id_version_key.
SELECT m.id AS match_id, m.user_id, m.job_id, m.profile_version, jobs.text_hash,
       m.semantic_score, m.match_score, m.skills_score, m.experience_score, m.industry_score,
       m.work_arrangement_score,
       p.skills, p.experience_years, p.experience_level, p.seniority, p.education, p.languages, p.industries,
       p.work_arrangements,
       jobs.title, jobs.company, jobs.location, jobs.ai_key_skills, jobs.ai_keywords, jobs.ai_experience_level,
       jobs.ai_work_arrangement, jobs.ai_taxonomies_a, jobs.ai_core_responsibilities,
       jobs.ai_requirements_summary, jobs.ai_education_requirements, jobs.ai_job_language
FROM (
    SELECT user_job_matches.*,
           row_number() OVER (PARTITION BY user_id ORDER BY match_score DESC, semantic_score DESC, job_id) AS place
    FROM user_job_matches
    JOIN users ON users.id = user_id
    WHERE claude_status = 'waiting'
      AND users.active
      AND (CAST(:user_keys AS text[]) IS NULL OR users.user_key = ANY(:user_keys))
) AS m
JOIN jobs ON jobs.id = m.job_id AND jobs.closed_at IS NULL
JOIN cv_profiles AS p ON p.user_id = m.user_id AND p.version = m.profile_version
WHERE m.place <= :per_user
ORDER BY m.user_id, m.place
