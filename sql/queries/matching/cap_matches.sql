-- Purpose: keep each user's best matches over the whole list, so that slices of the catalog compose; gives the number
--          of rows that were removed (removed). A row that came with this transaction was never in the list: its event
--          is withdrawn, any other leaves one. Which users are
--          over it is asked before (users_over_cap.sql): in one statement the planner, which has no counts of rows that
--          this transaction wrote, may look for them once for every row.
-- Parameters: user_ids (bigint[]), most (rows kept per user), run_id.
-- Indexes: user_job_matches_best, user_job_matches_pkey, jobs_pkey, match_events_pair.
WITH removed AS (
DELETE FROM user_job_matches AS m
USING (
    SELECT user_id, job_id
    FROM (
        SELECT m.user_id, m.job_id,
               row_number() OVER (
                   PARTITION BY m.user_id ORDER BY m.exact_score DESC NULLS LAST, jobs.external_id
               ) AS place
        FROM user_job_matches AS m
        JOIN jobs ON jobs.id = m.job_id AND jobs.closed_at IS NULL
        WHERE m.user_id = ANY(CAST(:user_ids AS bigint[])) AND m.status = 'new'
    ) AS ranked
    WHERE place > :most
) AS beyond
WHERE m.user_id = beyond.user_id AND m.job_id = beyond.job_id AND m.user_id = ANY(CAST(:user_ids AS bigint[]))
RETURNING m.user_id, m.job_id, m.profile_version, coalesce(m.claude_score, m.match_score) AS score, m.priority,
          m.scoring_key, m.created_at = now() AS is_new
), withdrawn AS (
    -- Row by row, for the same reason: the planner does not know that they are few.
    DELETE FROM match_events
    WHERE ctid = ANY(ARRAY(
        SELECT entered.place
        FROM removed
        CROSS JOIN LATERAL (
            SELECT e.ctid AS place
            FROM match_events AS e
            WHERE e.user_id = removed.user_id AND e.job_id = removed.job_id AND e.at = now() AND e.event = 'entered'
            OFFSET 0
        ) AS entered
        WHERE removed.is_new
    ))
), noted AS (
    INSERT INTO match_events (user_id, job_id, event, detail, profile_version, score, band, scoring_key, run_id)
    SELECT user_id, job_id, 'left', 'outranked', profile_version, score, priority, scoring_key, :run_id
    FROM removed
    WHERE NOT is_new
)
SELECT count(*) AS removed FROM removed
