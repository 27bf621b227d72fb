-- Purpose: the newest calibrations of a model.
-- Parameters: model.
-- Indexes: score_calibrations_model.
SELECT id, provenance, created_at
FROM score_calibrations
WHERE model = :model
ORDER BY id DESC
LIMIT 3
