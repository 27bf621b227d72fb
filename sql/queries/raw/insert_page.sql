-- Purpose: store one API response unchanged.
-- Parameters: the columns of job_pages.
-- Indexes: job_pages_sweep refuses the same page of a sweep twice.
INSERT INTO job_pages (
    sweep_id, generation, endpoint, window_start, window_end, filters, request, page_offset,
    status, headers, body, sha256, record_count, last_page, fetched_at, run_id
)
VALUES (
    :sweep_id, :generation, :endpoint, :window_start, :window_end, CAST(:filters AS jsonb), CAST(:request AS jsonb), :page_offset,
    :status, CAST(:headers AS jsonb), :body, :sha256, :record_count, :last_page, :fetched_at, :run_id
)
RETURNING id
