"""Which embedding model readers use: the configured one once it is complete, until then the one before.

Put here the switch. Vectors themselves stand in `embeddings.py`.
"""

from sqlalchemy import Connection, text

from jobmatch_dagster.db.connection.engine import run_query


def model_in_force(connection: Connection, configured: str) -> str:
    """The model to read vectors of.

    A new model is built beside the old one: it is in force from the moment that every open posting and every current
    profile has its vector (noted once; what comes later is embedded hour by hour). Without an older complete model
    the configured one is in force at once.
    """
    known = run_query(connection, "catalog/complete_models")
    models = [row.model for row in known]
    if configured in models:
        return configured
    if run_query(connection, "catalog/model_is_complete", {"model": configured})[0].complete:
        connection.execute(
            text("INSERT INTO embedding_models (model) VALUES (:model) ON CONFLICT DO NOTHING"), {"model": configured}
        )
        return configured
    return models[0] if models else configured


def read_model_in_force(connection: Connection, configured: str) -> str:
    """As `model_in_force`, for pages and checks: nothing is written, so the switch itself is left to the pipeline."""
    models = [row.model for row in run_query(connection, "catalog/complete_models")]
    return models[0] if models and configured not in models else configured
