"""What a deployment may choose about matching: weights and how many matches a user keeps.

Put here the knobs alone. What they do stands in `core/matching/scoring.py`.
"""

import dagster as dg

from jobmatch_dagster.core.matching.scoring import MATCH_FLOOR, Weights


class MatchingResource(dg.ConfigurableResource[None]):
    """Weights of the five parts (they need not sum to 100), the rows that a user keeps, and the lowest score kept.

    `similar_skills` counts skills that the table lacks as related where their vectors are alike.
    """

    skills: float = 40
    experience: float = 25
    industry: float = 15
    work_arrangement: float = 10
    semantic: float = 10
    keep_best: int = 1_000
    floor: int = MATCH_FLOOR
    similar_skills: bool = True

    def weights(self) -> Weights:
        """The weights as the scoring takes them."""
        return Weights(
            skills=self.skills,
            experience=self.experience,
            industry=self.industry,
            work_arrangement=self.work_arrangement,
            semantic=self.semantic,
        )
