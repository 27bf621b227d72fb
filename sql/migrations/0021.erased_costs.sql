-- What erased users' requests to Claude cost: the money is spent whoever is forgotten.
-- depends: 0020.claude

CREATE TABLE claude_costs_erased (
    day date    PRIMARY KEY,
    usd numeric NOT NULL CHECK (usd >= 0)
);
COMMENT ON TABLE claude_costs_erased IS 'One row per day (UTC) with requests of users who were erased since: what they cost in sum, so that a budget is not given back. Names nobody.';
COMMENT ON COLUMN claude_costs_erased.day IS 'Day (UTC) of the answer, of the call whose answer was lost, or of the erasure for what was under way';
COMMENT ON COLUMN claude_costs_erased.usd IS 'Costs of answers, the most that lost calls can have cost, and what was reserved for requests under way (USD)';
