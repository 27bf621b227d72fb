-- Purpose: what happened to a pair, the newest first.
-- Parameters: user_id, job_id, most (rows).
-- Indexes: match_events_pair.
SELECT at, event, detail, score, band, profile_version, scoring_key, run_id
FROM match_events
WHERE user_id = :user_id AND job_id = :job_id
ORDER BY at DESC
LIMIT :most
