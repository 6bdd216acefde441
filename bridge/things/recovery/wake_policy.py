"""The part of a wake policy that the bridge reads: who owns a recovery after each step of its escalation."""

from typing import Annotated

from pydantic import Field

from bridge.fields import STORED, WHOLE, Strict
from bridge.things.recovery.owner import Owner
from storage.model import Json

MAX_OWNERS = 5
STEP_SECONDS = 3_600
MAX_STEP_SECONDS = 31_536_000


class WakePolicy(Strict, extra="ignore"):
    """The owners of an escalated recovery, one after the other, and how long each has it before the next."""

    escalate_to: Annotated[list[Owner], Field(min_length=1, max_length=MAX_OWNERS)] | None = None
    step_seconds: Annotated[int, Field(ge=1, le=MAX_STEP_SECONDS), WHOLE] = STEP_SECONDS

    @property
    def owners(self) -> list[Json]:
        """The owners as rows have them."""
        return [owner.stored() for owner in self.escalate_to or ()]


def read(stored: Json | None) -> WakePolicy:
    """The policy of a row; one without owners if the recovery has none."""
    return WakePolicy.model_validate(stored or {}, context=STORED)
