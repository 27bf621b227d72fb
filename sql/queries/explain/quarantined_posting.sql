-- Purpose: records of a posting that could not be used, as they came.
-- Parameters: external_id.
-- Indexes: none; the quarantine is small.
SELECT page_id, page_position, field, reason, record, quarantined_at
FROM quarantined_records
WHERE external_id = :external_id
ORDER BY page_id, page_position
