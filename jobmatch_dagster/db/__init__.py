"""PostgreSQL: connections, migrations, bulk writes, and the queries of each stage. Knows no Dagster."""
