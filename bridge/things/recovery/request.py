"""What agents send about a recovery: the report that something is stuck, how it ended, and a search by sources.

These are the fields of the noun itself; those that requests of all nouns have are added where the bodies are read.
"""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from bridge.fields import FREE, WHOLE, Arguments, Line, Moment, Strict, WebAddress, Words
from bridge.things.limits import at_most
from bridge.things.recovery.owner import Owner
from bridge.things.recovery.wake_policy import WakePolicy

MAX_POLICY = 4 * 1024  # bytes of JSON
MAX_EVIDENCE = 16 * 1024
MAX_NOTE = 1_000  # characters
MAX_SOURCES = 1_000
MAX_ATTEMPTS = 1_000_000


def _with_valid_owners(policy: dict[str, Any]) -> dict[str, Any]:
    """The policy as it was sent; refused if the bridge cannot read its own part of it."""
    WakePolicy.model_validate(policy)
    return policy


Policy = Annotated[Arguments, BeforeValidator(at_most(MAX_POLICY))]
Note = Annotated[Words, Field(min_length=1, max_length=MAX_NOTE, description="Shown on the card"), FREE]


class Source(Strict):
    """What is stuck. Its type and id name it; there is one open recovery for each source."""

    type: Annotated[Line, Field(min_length=1, max_length=80, description="Such as `build` or `issue`")]
    id: Annotated[Line, Field(min_length=1, max_length=200)]
    url: Annotated[WebAddress, Field(description="A page about it; the card shows its host")] | None = None


class Report(Strict):
    """Report that something is stuck: opens the recovery of its source, or refreshes the open one."""

    source: Source
    kind: Annotated[Line, Field(min_length=1, max_length=80, description="What sort of failure, such as `timeout`")]
    cause: Annotated[
        Words, Field(min_length=1, max_length=1_000, description="Why it is stuck, as far as is known"), FREE
    ]
    fingerprint: Annotated[
        Line, Field(min_length=1, max_length=200, description="The same for the same failure, also of other sources")
    ]
    next_action: Annotated[
        Words, Field(min_length=1, max_length=1_000, description="What the owner is to do next"), FREE
    ]
    owner: Owner | None = Field(default=None, description="Who gets it going again; left out: the board")
    previous_owner: Owner | None = Field(default=None, description="Left out: the owner before, if the owner changes")
    return_owner: Owner | None = Field(
        default=None, description="Who goes on once it is resolved; left out: stays as it is"
    )
    recovery_ref: Annotated[Line, Field(min_length=1, max_length=200, description="Your own name for it")] | None = None
    wake_policy: Annotated[Policy, AfterValidator(_with_valid_owners)] | None = Field(
        default=None,
        description="At most 4 KB, returned unchanged. The bridge reads `escalate_to`, 1 to 5 owners one after the "
        "other, and `step_seconds` (3600) between them",
    )
    monitor_policy: Policy | None = Field(default=None, description="At most 4 KB, returned unchanged")
    evidence: Annotated[Arguments, BeforeValidator(at_most(MAX_EVIDENCE)), FREE] | None = Field(
        default=None, description="At most 16 KB; the card shows ten of its values. Left out: stays as it is"
    )
    max_attempts: Annotated[int, Field(ge=1, le=MAX_ATTEMPTS), WHOLE] | None = Field(
        default=None, description="A report beyond this number escalates"
    )
    timeout_at: Moment | None = Field(default=None, description="When it is escalated if it is still active")
    last_attempt_at: Moment | None = Field(default=None, description="Left out: now")


class External(Strict):
    """Something outside the bridge that blocks a recovery, and that the agent declares unresolved."""

    type: Annotated[Line, Field(min_length=1, max_length=80)]
    id: Annotated[Line, Field(min_length=1, max_length=200)]
    url: WebAddress | None = None


class Blocker(Strict):
    """What blocks a recovery: an open thing of this organization, or something outside the bridge."""

    id: Annotated[str, Field(max_length=100, description="An open thing, such as `rec_…` or `inc_…`")] | None = None
    external: External | None = None

    @model_validator(mode="after")
    def _one_blocker(self) -> "Blocker":
        if self.id is None and self.external is None:
            raise PydanticCustomError("blocker", 'must have "id" or "external"')
        if self.id is not None and self.external is not None:
            raise PydanticCustomError("blocker", 'must have "id" or "external", not both')
        return self


class Resolve(Strict):
    """How a recovery ended."""

    outcome: Literal["restored", "blocked", "false_positive", "cancelled"]
    note: Note | None = None
    blocker: Blocker | None = Field(default=None, description="Required for the outcome `blocked`, and only for it")

    @model_validator(mode="after")
    def _blocked_by_something(self) -> "Resolve":
        if self.outcome == "blocked" and self.blocker is None:
            raise PydanticCustomError(
                "blocker_missing",
                'is required for the outcome "blocked": {"id": "…"} of an open thing, or '
                '{"external": {"type": "…", "id": "…"}}',
                {"at": ("blocker",)},
            )
        if self.outcome != "blocked" and self.blocker is not None:
            raise PydanticCustomError(
                "blocker_unused", 'goes only with the outcome "blocked": leave it out', {"at": ("blocker",)}
            )
        return self


class ResolveSource(Resolve):
    """How the recovery of a source ended: the open one, or the one with this id."""

    source: Source
    id: Annotated[str, Field(max_length=100, description="`rec_…`; left out: the open one")] | None = None


class Search(Strict):
    """The sources whose open recoveries are wanted."""

    sources: Annotated[list[Source], Field(max_length=MAX_SOURCES)]
