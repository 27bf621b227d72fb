DROP INDEX job_pages_document;
ALTER TABLE job_pages DROP CONSTRAINT job_pages_endpoint_check;
UPDATE job_pages SET endpoint = 'added' WHERE endpoint = 'document';
ALTER TABLE job_pages ADD CONSTRAINT job_pages_endpoint_check
    CHECK (endpoint IN ('1h', '24h', '7d', '6m', 'modified', 'expired', 'added', 'legacy'));
COMMENT ON TABLE job_pages IS 'One row per HTTP response of the Active Jobs API, stored unchanged. The table jobs can be rebuilt from these rows alone.';
COMMENT ON COLUMN job_pages.endpoint IS 'Feed: 1h, 24h, 7d, 6m, modified or expired; added for a record from the Python API, legacy for rows of a legacy database';
COMMENT ON COLUMN job_pages.request IS 'Request parameters, without the key';
COMMENT ON COLUMN jobs.external_id IS 'Vendor''s id as text (G1 sends strings, G2 integers)';
