-- Purpose: one record that could not be used.
-- Parameters: page_id, position (from 0), external_id, field, reason, record (JSON text), version (of the normaliser).
-- Indexes: none.
INSERT INTO quarantined_records (page_id, page_position, external_id, field, reason, record, normaliser_version)
VALUES (:page_id, :position, :external_id, :field, :reason, :record, :version)
