-- Purpose: number of recent answers, and of those whose reasoning names no skill or fact of the pair.
-- Parameters: since (timestamptz).
-- Indexes: claude_requests_answered_at.
SELECT count(*) AS answers, count(*) FILTER (WHERE m.claude_is_generic) AS generic
FROM claude_requests AS r
JOIN user_job_matches AS m ON m.claude_request_hash = r.request_hash AND m.claude_status = 'done'
WHERE r.answered_at >= CAST(:since AS timestamptz)
