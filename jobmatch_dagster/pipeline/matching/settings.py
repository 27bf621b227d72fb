"""What scores are made with: the settings of the deployment, the current model and its calibration."""

import hashlib
import json
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from jobmatch_dagster.core.matching.block_engine import ENGINE_VERSION
from jobmatch_dagster.core.matching.conditions import conditions_version
from jobmatch_dagster.core.matching.posting_facts import facts_version
from jobmatch_dagster.core.matching.scoring import MATCH_FLOOR, Weights
from jobmatch_dagster.core.vocabulary.similar_skills import similar_skills_version
from jobmatch_dagster.db.catalog.embedding_models import read_current_model
from jobmatch_dagster.db.matching.calibrations import StoredCalibration, read_calibration
from jobmatch_dagster.db.matching.similar_skills import SkillEncoder


@dataclass(frozen=True)
class MatchSettings:
    """What a deployment may choose: the model's version, the weights, the floor, how many matches a user keeps."""

    model: str
    weights: Weights
    keep_best: int
    floor: int = MATCH_FLOOR
    similar_skills: SkillEncoder | None = None
    """Finds the skills that are alike by their vectors; None leaves them out."""


@dataclass(frozen=True)
class CurrentScoring:
    """The settings under the current model, and its calibration."""

    settings: MatchSettings
    calibration: StoredCalibration

    @property
    def key(self) -> str:
        """Identifies what a list is made with: engine, model, calibration, word lists, weights, floor and length.

        Differs when the same pairs could get other scores.
        """
        settings = self.settings
        similar = similar_skills_version() if settings.similar_skills else ""
        made_with = [
            vars(settings.weights),
            settings.floor,
            settings.keep_best,
            facts_version(),
            similar,
            conditions_version(),
        ]
        digest = hashlib.sha256(json.dumps(made_with, sort_keys=True).encode()).hexdigest()[:8]
        return f"engine-v{ENGINE_VERSION}/{settings.model}/calibration-{self.calibration.id}/settings-{digest}"


def read_scoring(connection: Connection, settings: MatchSettings) -> CurrentScoring:
    """What scores are made with now."""
    settings = replace(settings, model=read_current_model(connection, settings.model))
    return CurrentScoring(settings, read_calibration(connection, settings.model))
