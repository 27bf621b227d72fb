-- The sums are forgotten; a budget counts what the ledgers still hold.
DROP TABLE claude_costs_erased;
