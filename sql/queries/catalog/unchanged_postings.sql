-- Purpose: those of these postings whose row in `jobs` has the same record hash.
-- Parameters: external_ids, record_hashes (text[] of the same length).
-- Indexes: jobs_external_id_key.
SELECT jobs.external_id, jobs.record_hash
FROM unnest(CAST(:external_ids AS text[]), CAST(:record_hashes AS text[])) AS seen (external_id, record_hash)
JOIN jobs USING (external_id, record_hash)
