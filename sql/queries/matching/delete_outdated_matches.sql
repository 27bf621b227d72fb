-- Purpose: take away what the matching did not find again, but never a row with a decision, and never the
--          match of a closed posting.
-- Parameters: user_ids (bigint[]); reads the temporary tables postings_to_match and staged_matches.
-- Indexes: user_job_matches_user_id_job_id_key.
DELETE FROM user_job_matches AS m
USING postings_to_match AS p
WHERE m.job_id = p.job_id
  AND m.user_id = ANY(:user_ids)
  AND m.status = 'new'
  AND NOT EXISTS (
      SELECT FROM staged_matches AS s WHERE s.user_id = m.user_id AND s.job_id = m.job_id
  )
