-- Purpose: for each user with a full list the exact score of its last place, not counting the chosen postings: a pair
--          below it could not stay. Users with a shorter list have no row. As in cap_matches, closed postings and
--          decided rows take no place.
-- Parameters: user_ids (bigint[]), most (rows kept per user), job_ids (bigint[], the chosen postings).
-- Indexes: user_job_matches_best, jobs_pkey.
SELECT u.user_id, last.exact_score
FROM unnest(CAST(:user_ids AS bigint[])) AS u (user_id)
CROSS JOIN LATERAL (
    SELECT m.exact_score
    FROM user_job_matches AS m
    JOIN jobs ON jobs.id = m.job_id AND jobs.closed_at IS NULL
    WHERE m.user_id = u.user_id AND m.status = 'new' AND m.exact_score IS NOT NULL
      AND m.job_id <> ALL(CAST(:job_ids AS bigint[]))
    ORDER BY m.exact_score DESC NULLS LAST
    OFFSET :most - 1 LIMIT 1
) AS last
