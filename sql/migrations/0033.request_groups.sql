-- Requests about several postings of one user that are sent to Claude as one call.
ALTER TABLE claude_requests ADD COLUMN group_id text;
COMMENT ON COLUMN claude_requests.group_id IS 'Requests of one user that were last sent as one call have it in common; NULL for a request sent alone';
