ALTER TABLE claude_requests DROP COLUMN group_id;
