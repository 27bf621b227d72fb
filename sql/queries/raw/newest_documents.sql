-- Purpose: the newest stored page of each of these documents of a source: its hash, and when the document was read first.
-- Parameters: source, documents (text[]; their names).
-- Indexes: job_pages_document.
SELECT asked.document, newest.sha256, newest.first_seen_at
FROM unnest(CAST(:documents AS text[])) AS asked (document)
CROSS JOIN LATERAL (
    SELECT request ->> 'document_sha256' AS sha256, request ->> 'first_seen_at' AS first_seen_at
    FROM job_pages
    WHERE endpoint = 'document'
      AND request ->> 'source' = :source
      AND request ->> 'document' = asked.document
    ORDER BY id DESC
    LIMIT 1
) AS newest
