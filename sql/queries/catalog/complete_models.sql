-- Purpose: embedding models that were complete, the one that became so last first.
-- Parameters: none.
-- Indexes: none; a handful of rows.
SELECT model FROM embedding_models ORDER BY completed_at DESC, model
