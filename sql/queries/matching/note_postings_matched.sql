-- Purpose: note that the chosen postings were matched against every active user.
-- Parameters: scoring_key; reads the temporary table postings_to_match.
-- Indexes: job_match_state_pkey.
INSERT INTO job_match_state AS known (job_id, record_hash, scoring_key)
SELECT job_id, record_hash, :scoring_key FROM postings_to_match ORDER BY job_id
ON CONFLICT (job_id) DO UPDATE SET
    record_hash = excluded.record_hash, scoring_key = excluded.scoring_key, matched_at = now()
WHERE (known.record_hash, known.scoring_key) IS DISTINCT FROM (excluded.record_hash, excluded.scoring_key)
