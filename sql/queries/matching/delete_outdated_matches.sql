-- Purpose: take away what the matching did not find again, with an event each, but never a row with a decision, and
--          never the match of a closed posting.
-- Parameters: job_ids (bigint[], the chosen postings), user_ids (bigint[]), run_id; reads the temporary table staged_matches.
-- Indexes: user_job_matches_pkey.
WITH removed AS (
DELETE FROM user_job_matches AS m
USING unnest(CAST(:job_ids AS bigint[])) AS chosen (job_id)
WHERE m.job_id = chosen.job_id
  AND m.user_id = ANY(:user_ids)
  AND m.status = 'new'
  AND NOT EXISTS (
      SELECT FROM staged_matches AS s WHERE s.user_id = m.user_id AND s.job_id = m.job_id
  )
RETURNING m.user_id, m.job_id, m.profile_version, coalesce(m.claude_score, m.match_score) AS score, m.priority,
          m.scoring_key
)
INSERT INTO match_events (user_id, job_id, event, detail, profile_version, score, band, scoring_key, run_id)
SELECT user_id, job_id, 'left', 'rematched', profile_version, score, priority, scoring_key, :run_id
FROM removed
