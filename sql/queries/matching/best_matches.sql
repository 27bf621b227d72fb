-- Purpose: the first users with a profile, each with the best open postings; a user without a match has one row
--          without a posting. Numbers at the end of a key count as numbers: -9 comes before -10.
-- Parameters: users (how many), most (matches of each).
-- Indexes: cv_profiles_user_id_version_key, user_job_matches_best, jobs_pkey.
SELECT u.user_key, u.experience_level, u.skills_known, u.kept,
       m.match_score, m.skills_score, m.experience_score, m.industry_score, m.work_arrangement_score,
       m.semantic_score, m.external_id, m.title, m.company, m.location, m.matching_skills, m.missing_skills
FROM (
    SELECT users.id, users.user_key, p.experience_level, coalesce(cardinality(p.skills), 0) AS skills_known,
           (SELECT count(*) FROM user_job_matches WHERE user_id = users.id) AS kept
    FROM users
    JOIN LATERAL (
        SELECT experience_level, skills FROM cv_profiles WHERE user_id = users.id ORDER BY version DESC LIMIT 1
    ) AS p ON true
    WHERE users.active
    ORDER BY regexp_replace(users.user_key, '\d+$', '') COLLATE "C", length(users.user_key), users.user_key COLLATE "C"
    LIMIT :users
) AS u
LEFT JOIN LATERAL (
    SELECT user_job_matches.*, jobs.external_id, jobs.title, jobs.company, jobs.location
    FROM user_job_matches
    JOIN jobs ON jobs.id = user_job_matches.job_id
    WHERE user_job_matches.user_id = u.id AND jobs.closed_at IS NULL
    ORDER BY exact_score DESC NULLS LAST, jobs.external_id
    LIMIT :most
) AS m ON true
ORDER BY regexp_replace(u.user_key, '\d+$', '') COLLATE "C", length(u.user_key), u.user_key COLLATE "C",
         m.exact_score DESC NULLS LAST, m.external_id
