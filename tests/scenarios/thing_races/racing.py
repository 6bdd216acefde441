"""What all races share: how close their contenders are, and what they count."""

from collections import Counter
from typing import Final, TypeAlias

SPREAD: Final = 0.006  # seconds between the first and the last start of a race: about as long as one transaction
SECONDS: Final = 60.0  # of a try, on a loaded machine

Races: TypeAlias = Counter[str]
"""How often a race ended how."""
