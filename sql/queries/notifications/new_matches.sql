-- Purpose: of each of these users the matches that no digest has announced and that the user has not decided on, best
--          first; postings of one cluster are one line, as in matching/match_list. An ad is known if a digest has
--          announced it or the user has decided on it in any town.
-- Parameters: user_ids, minimum_scores, mosts (lines of a digest): arrays of one length.
-- Indexes: digest_entries_pkey, user_job_matches_best, user_job_matches_pkey, jobs_pkey, jobs_cluster_id,
--          cv_profiles_user_id_version_key.
WITH asked AS MATERIALIZED (
    SELECT * FROM unnest(
        CAST(:user_ids AS bigint[]), CAST(:minimum_scores AS integer[]), CAST(:mosts AS integer[])
    ) AS asked (user_id, minimum_score, most)
), unannounced AS MATERIALIZED (
    SELECT m.*, asked.most
    FROM asked
    CROSS JOIN LATERAL (
        SELECT *
        FROM current_matches AS m
        WHERE m.user_id = asked.user_id
          AND m.status = 'new'
          AND m.match_score >= asked.minimum_score
          AND NOT EXISTS (SELECT FROM digest_entries AS e WHERE e.user_id = m.user_id AND e.job_id = m.job_id)
        -- User by user, through the indexes: a few users of many are asked about.
        OFFSET 0
    ) AS m
), listed AS MATERIALIZED (
    SELECT m.*, coalesce(jobs.cluster_id, -jobs.id) AS ad, jobs.salary_min, jobs.salary_max, jobs.salary_unit,
           jobs.salary_currency, jobs.ai_salary_minvalue, jobs.ai_salary_maxvalue, jobs.ai_salary_value,
           jobs.ai_salary_unittext, jobs.ai_salary_currency
    FROM unannounced AS m
    JOIN jobs ON jobs.id = m.job_id
    LEFT JOIN LATERAL (
        SELECT true AS of_copy
        FROM jobs AS copies
        JOIN digest_entries AS e ON e.user_id = m.user_id AND e.job_id = copies.id
        WHERE copies.cluster_id = jobs.cluster_id
        LIMIT 1
    ) AS announced ON true
    LEFT JOIN LATERAL (
        SELECT true AS of_copy
        FROM jobs AS copies
        JOIN user_job_matches AS d ON d.user_id = m.user_id AND d.job_id = copies.id AND d.status <> 'new'
        WHERE copies.cluster_id = jobs.cluster_id
        LIMIT 1
    ) AS decided ON true
    WHERE announced.of_copy IS NULL AND decided.of_copy IS NULL
), lines AS (
    SELECT listed.*,
           row_number() OVER (PARTITION BY user_id, ad ORDER BY exact_score DESC NULLS LAST, external_id) AS place,
           count(*) OVER (PARTITION BY user_id, ad) - 1 AS others,
           array_agg(location) FILTER (WHERE location IS NOT NULL) OVER (PARTITION BY user_id, ad) AS places,
           array_agg(job_id) OVER (PARTITION BY user_id, ad) AS job_ids
    FROM listed
)
SELECT user_id, external_id, title, company, location, url, match_score, match_reasoning, claude_score, missing_skills,
       salary_min, salary_max, salary_unit, salary_currency, ai_salary_minvalue, ai_salary_maxvalue, ai_salary_value,
       ai_salary_unittext, ai_salary_currency, others, array_remove(places, location) AS other_places, job_ids, cv_label,
       (SELECT count(DISTINCT label) FROM cv_profiles WHERE cv_profiles.user_id = numbered.user_id) AS cvs
FROM (
    SELECT lines.*, row_number() OVER (PARTITION BY user_id ORDER BY exact_score DESC NULLS LAST, external_id) AS number
    FROM lines
    WHERE place = 1
) AS numbered
WHERE number <= most
ORDER BY user_id, number
