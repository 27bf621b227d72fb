-- Purpose: note that postings were matched against every active user of a bucket, in these versions.
-- Parameters: job_ids (bigint[]), record_hashes (text[], in the same order), bucket, scoring_key.
-- Indexes: job_match_state_pkey.
INSERT INTO job_match_state AS known (job_id, bucket, record_hash, scoring_key)
SELECT job_id, :bucket, record_hash, :scoring_key
FROM unnest(CAST(:job_ids AS bigint[]), CAST(:record_hashes AS text[])) AS chosen (job_id, record_hash)
ORDER BY job_id
ON CONFLICT (job_id, bucket) DO UPDATE SET
    record_hash = excluded.record_hash, scoring_key = excluded.scoring_key, matched_at = now()
WHERE (known.record_hash, known.scoring_key) IS DISTINCT FROM (excluded.record_hash, excluded.scoring_key)
