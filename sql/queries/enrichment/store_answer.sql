-- Purpose: store an answer unchanged, with its cost, before anything reads it. A stored answer is never replaced.
-- Parameters: id, answer (jsonb), usage (jsonb), cost_usd.
-- Indexes: claude_requests_pkey.
UPDATE claude_requests SET
    state = 'answered', answer = CAST(:answer AS jsonb), usage = CAST(:usage AS jsonb), cost_usd = :cost_usd,
    reserved_usd = 0, error = NULL, answered_at = now()
WHERE id = :id
  AND state <> 'answered'
