-- Purpose: the recorded checksum of a backup, if it is still this one, becomes another.
-- Parameters: table (text, the legacy name), old, new (text, checksums).
-- Indexes: none; the table has one row per conversion.
UPDATE legacy_conversions SET checksums = checksums || jsonb_build_object(CAST(:table AS text), CAST(:new AS text))
WHERE checksums ->> CAST(:table AS text) = :old
