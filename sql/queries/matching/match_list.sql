-- Purpose: one user's current matches as a list, best first. Postings of one cluster are one line: the best, with the
--          places of the others beside it.
-- Parameters: user_key, status (NULL: any decision), min_score (NULL: any), most (lines).
-- Indexes: users_user_key_key, user_job_matches_best, jobs_pkey.
SELECT exact_score, match_score, stated_percent, skills_score, experience_score, industry_score,
       work_arrangement_score, semantic_score, claude_score, claude_status, priority, status, decided_at,
       external_id, title, company, location, url, closed_at, match_reasoning, matching_skills, missing_skills,
       others, array_remove(places, location) AS other_places, job_id, cv_label
FROM (
    SELECT listed.*, jobs.cluster_id,
           row_number() OVER same AS place,
           count(*) OVER (PARTITION BY coalesce(jobs.cluster_id, -jobs.id)) - 1 AS others,
           array_agg(listed.location) FILTER (WHERE listed.location IS NOT NULL)
               OVER (PARTITION BY coalesce(jobs.cluster_id, -jobs.id)) AS places
    FROM current_matches AS listed
    JOIN jobs ON jobs.id = listed.job_id
    WHERE listed.user_id = (SELECT id FROM users WHERE user_key = :user_key)
      AND (CAST(:status AS text) IS NULL OR listed.status = :status)
      AND (CAST(:min_score AS integer) IS NULL OR listed.match_score >= :min_score)
    WINDOW same AS (
        PARTITION BY coalesce(jobs.cluster_id, -jobs.id)
        ORDER BY listed.exact_score DESC NULLS LAST, listed.external_id
    )
) AS lines
WHERE place = 1
ORDER BY exact_score DESC NULLS LAST, external_id
LIMIT :most
