-- Documents with job postings as a second source: pages of a feed of their own, found again by their names.
-- depends: 0034.digests
ALTER TABLE job_pages DROP CONSTRAINT job_pages_endpoint_check;
UPDATE job_pages SET endpoint = 'document' WHERE endpoint = 'added' AND request ? 'document';
ALTER TABLE job_pages ADD CONSTRAINT job_pages_endpoint_check
    CHECK (endpoint IN ('1h', '24h', '7d', '6m', 'modified', 'expired', 'added', 'legacy', 'document'));
CREATE INDEX job_pages_document ON job_pages ((request ->> 'source'), (request ->> 'document'), id DESC)
WHERE endpoint = 'document';
COMMENT ON TABLE job_pages IS 'One row per HTTP response of the Active Jobs API, stored unchanged, and per document of another source. The table jobs can be rebuilt from these rows alone.';
COMMENT ON COLUMN job_pages.endpoint IS 'Feed: 1h, 24h, 7d, 6m, modified or expired; added for a record from the Python API, legacy for rows of a legacy database, document for a document with schema.org postings';
COMMENT ON COLUMN job_pages.request IS 'Request parameters, without the key; of a document its source, name, hash and when it was read first';
COMMENT ON COLUMN jobs.external_id IS 'Vendor''s id as text (G1 sends strings, G2 integers); of another source its name, a colon and its own id';
