-- Purpose: answers of the last day, and how many of their reasons name no skill, title or company of the pair.
-- Parameters: since (timestamptz).
-- Indexes: claude_requests_answered_at.
SELECT count(*) AS answers,
       count(*) FILTER (
           WHERE NOT EXISTS (
               SELECT FROM unnest(
                   coalesce(m.matching_skills, '{}') || coalesce(m.missing_skills, '{}') || jobs.title || jobs.company
               ) AS fact
               WHERE position(lower(fact) IN lower(m.match_reasoning)) > 0
           )
       ) AS generic
FROM claude_requests AS r
JOIN user_job_matches AS m ON m.claude_request_hash = r.request_hash AND m.claude_status = 'done'
JOIN jobs ON jobs.id = m.job_id
WHERE r.answered_at >= CAST(:since AS timestamptz)
