"""How long the replicas that tests start drain: not at all, unless a test is about that."""

from types import MappingProxyType
from typing import Final

DRAIN: Final = "ASKBRIDGE_DRAIN_SECONDS"
AT_ONCE: Final = MappingProxyType({DRAIN: "0"})
"""For environments without the variables of this process."""
