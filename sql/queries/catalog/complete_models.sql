-- Purpose: embedding models that were complete at some time, the latest first.
-- Parameters: none.
-- Indexes: none; a handful of rows.
SELECT model FROM embedding_models ORDER BY completed_at DESC, model
