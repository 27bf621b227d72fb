"""Which embedding model is current: the configured one once it is complete, until then the one before.

Belongs here: the switch. Vectors themselves are in `embeddings.py`.
"""

from sqlalchemy import Connection, text

from jobmatch_dagster.db.connection.engine import run_query


def read_current_model(connection: Connection, configured: str) -> str:
    """The model whose vectors are compared: the configured one, or an older one while it is still being built."""
    models = _complete_models(connection)
    return models[0] if models and configured not in models else configured


def ensure_current_model(connection: Connection, configured: str) -> str:
    """As `read_current_model`, and switches to the configured model as soon as it is complete.

    A new model is built beside the old one. It becomes current when every open posting and every current profile has
    its vector, which is noted once; what comes later is embedded hour by hour. Without an older complete model the
    configured one is current at once.
    """
    models = _complete_models(connection)
    if configured in models:
        return configured
    if run_query(connection, "catalog/model_is_complete", {"model": configured})[0].complete:
        connection.execute(
            text("INSERT INTO embedding_models (model) VALUES (:model) ON CONFLICT DO NOTHING"), {"model": configured}
        )
        return configured
    return models[0] if models else configured


def _complete_models(connection: Connection) -> list[str]:
    """Models that were complete, the last one first."""
    return [row.model for row in run_query(connection, "catalog/complete_models")]
