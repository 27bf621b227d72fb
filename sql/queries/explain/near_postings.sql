-- Purpose: postings whose id differs from a mistyped one by a single letter.
-- Parameters: patterns (text[] for LIKE).
-- Indexes: none; it is asked about an id that is not stored.
SELECT external_id
FROM jobs
WHERE external_id LIKE ANY(CAST(:patterns AS text[]))
ORDER BY external_id
LIMIT 3
