"""The configuration of matching. What it does is in `core/matching/scoring.py`."""

import dagster as dg
from pydantic import Field

from jobmatch_dagster.core.matching.scoring import MATCH_FLOOR, PARTS, Weights

_DEFAULTS = Weights()


class MatchingResource(dg.ConfigurableResource[None]):
    """Weights of the parts of a score, which need not sum to 100, and which matches a user keeps."""

    skills: float = Field(default=_DEFAULTS.skills, description="Weight of the skills")
    experience: float = Field(default=_DEFAULTS.experience, description="Weight of the experience level")
    industry: float = Field(default=_DEFAULTS.industry, description="Weight of the industry")
    work_arrangement: float = Field(default=_DEFAULTS.work_arrangement, description="Weight of the work arrangement")
    semantic: float = Field(default=_DEFAULTS.semantic, description="Weight of the semantic similarity")
    keep_best: int = Field(default=1_000, description="Most matches that a user keeps, best first")
    floor: int = Field(default=MATCH_FLOOR, description="Lowest score of a match that is kept")
    similar_skills: bool = Field(
        default=True,
        description="Whether skills that the table lacks count as related where their vectors are alike",
    )

    def weights(self) -> Weights:
        """The weights for the scoring."""
        return Weights(**{part: getattr(self, part) for part in PARTS})
