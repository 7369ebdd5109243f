"""Running many plans at once: what they have in common is computed once."""

from .candidates import Candidate
from .limit import Limit, Progress
from .scoring import Population, Scored
from .units import Asked

__all__ = ["Asked", "Candidate", "Limit", "Population", "Progress", "Scored"]
