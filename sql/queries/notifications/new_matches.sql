-- Purpose: a user's matches that no digest has announced and that the user has not decided on, best first; postings of
--          one cluster are one line, as in matching/match_list.
-- Parameters: user_id, minimum_score, most (lines).
-- Indexes: digest_entries_pkey, user_job_matches_best, user_job_matches_decided, jobs_pkey.
WITH known AS (
    SELECT (SELECT coalesce(cluster_id, -id) FROM jobs WHERE jobs.id = digest_entries.job_id) AS ad
    FROM digest_entries
    WHERE user_id = :user_id
    UNION
    SELECT (SELECT coalesce(cluster_id, -id) FROM jobs WHERE jobs.id = decided.job_id)
    FROM user_job_matches AS decided
    WHERE user_id = :user_id AND status <> 'new'
), listed AS MATERIALIZED (
    SELECT current_matches.*, coalesce(jobs.cluster_id, -jobs.id) AS ad, jobs.salary_min, jobs.salary_max,
           jobs.salary_unit, jobs.salary_currency, jobs.ai_salary_minvalue, jobs.ai_salary_maxvalue,
           jobs.ai_salary_value, jobs.ai_salary_unittext, jobs.ai_salary_currency
    FROM current_matches JOIN jobs ON jobs.id = current_matches.job_id
    WHERE current_matches.user_id = :user_id
      AND current_matches.status = 'new'
      AND current_matches.match_score >= :minimum_score
)
SELECT external_id, title, company, location, url, match_score, match_reasoning, claude_score, missing_skills,
       salary_min, salary_max, salary_unit, salary_currency, ai_salary_minvalue, ai_salary_maxvalue, ai_salary_value,
       ai_salary_unittext, ai_salary_currency, others, array_remove(places, location) AS other_places, job_ids
FROM (
    SELECT listed.*,
           row_number() OVER (PARTITION BY ad ORDER BY exact_score DESC NULLS LAST, external_id) AS place,
           count(*) OVER (PARTITION BY ad) - 1 AS others,
           array_agg(location) FILTER (WHERE location IS NOT NULL) OVER (PARTITION BY ad) AS places,
           array_agg(job_id) OVER (PARTITION BY ad) AS job_ids
    FROM listed
    WHERE ad NOT IN (SELECT ad FROM known)
) AS lines
WHERE place = 1
ORDER BY exact_score DESC NULLS LAST, external_id
LIMIT :most
