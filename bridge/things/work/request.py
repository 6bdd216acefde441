"""What agents send about work items: the item itself, leases of it with their fences, and links between items.

These are the fields of the noun itself; those that requests of all nouns have are added where the bodies are read.
"""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from bridge import ids
from bridge.fields import FREE, WHOLE, AnyJson, Line, Strict, Words
from bridge.things.limits import at_most

MAX_ID = 100  # characters
MAX_TITLE = 200
MAX_BODY = 3_000
MAX_PHASE = 80
MAX_OWNER = 80
MAX_REASON = 1_000
MAX_RESULT = 3_000
MAX_PRIORITY = 1_000
MAX_ACCEPTANCE = 16 * 1024  # bytes of JSON
MAX_DEPENDENCIES = 100
MAX_FENCE = 2_147_483_647
TTL_SECONDS = 900  # of the lease of an agent, unless it says otherwise
MAX_TTL = 86_400
TAKE_SECONDS = 28_800  # of the lease of a person
MIN_TAKE = 60
MAX_TAKE = 604_800
RESERVED = frozenset({"lease", "reclaim", "stats"})  # which stand in paths where an id could


def _may_be_given(id: str) -> str:
    """A validator of ids that agents choose."""
    if id.startswith("wrk_") or id in RESERVED:
        raise PydanticCustomError("reserved_id", 'must not begin with "wrk_", nor be "lease", "reclaim" or "stats"')
    return id


ItemId = Annotated[
    str, Field(min_length=1, max_length=MAX_ID, pattern=f"^{ids.NAME}$", description="The `id` of an item")
]
GivenId = Annotated[ItemId, AfterValidator(_may_be_given)]
Title = Annotated[Line, Field(min_length=1, max_length=MAX_TITLE, description="What is to be done, in a line"), FREE]
Body = Annotated[Words, Field(min_length=1, max_length=MAX_BODY, description="Shown on the card"), FREE]
Phase = Annotated[Line, Field(min_length=1, max_length=MAX_PHASE)]
Priority = Annotated[int, Field(ge=-MAX_PRIORITY, le=MAX_PRIORITY), WHOLE]
Acceptance = Annotated[AnyJson, BeforeValidator(at_most(MAX_ACCEPTANCE)), FREE]
Reason = Annotated[Words, Field(min_length=1, max_length=MAX_REASON), FREE]
Result = Annotated[Words, Field(min_length=1, max_length=MAX_RESULT, description="What came of it"), FREE]
Seconds = Annotated[int, Field(ge=1, le=MAX_TTL), WHOLE]
Fence = Annotated[int, Field(ge=1, le=MAX_FENCE, description="`attempts`, as the lease returned it"), WHOLE]

_ACCEPTANCE = "When it counts as done: any JSON of at most 16 KB; the card shows ten of its values"
_PHASE = "A part of the work, such as `build`: leases and lists can be of one phase"


class CreateWork(Strict):
    """Add an item to the backlog."""

    id: GivenId | None = Field(
        default=None,
        examples=["import-customers"],
        description="Your own id of it, which is its `id` everywhere. It must not begin with `wrk_`, nor be `lease`, "
        "`reclaim` or `stats`. Left out: one is made",
    )
    title: Title
    body: Body | None = None
    phase: Phase | None = Field(default=None, description=_PHASE)
    priority: Priority = Field(default=0, description="The higher, the sooner it is leased")
    acceptance: Acceptance | None = Field(default=None, description=_ACCEPTANCE)
    depends_on: Annotated[list[ItemId], Field(max_length=MAX_DEPENDENCIES)] = Field(
        default_factory=list, description="Items that must be done before it can be leased; each counts once"
    )
    status: Literal["ready", "blocked", "done"] = Field(
        default="ready", description="For imports: what it is from the beginning"
    )
    reason: Reason | None = Field(default=None, description="Required for `blocked`, and only for it: what blocks it")
    result: Result | None = Field(default=None, description="Only for `done`: what came of it")
    take_seconds: Annotated[int, Field(ge=MIN_TAKE, le=MAX_TAKE), WHOLE] = Field(
        default=TAKE_SECONDS, description="How long a person has it who takes it by a card"
    )

    @model_validator(mode="after")
    def _words_of_the_status(self) -> "CreateWork":
        if self.status == "blocked" and self.reason is None:
            raise PydanticCustomError(
                "reason_missing", 'is required for the status "blocked": what blocks it', {"at": ("reason",)}
            )
        if self.status != "blocked" and self.reason is not None:
            raise PydanticCustomError(
                "reason_unused", 'goes only with the status "blocked": leave it out', {"at": ("reason",)}
            )
        if self.status != "done" and self.result is not None:
            raise PydanticCustomError(
                "result_unused", 'goes only with the status "done": leave it out', {"at": ("result",)}
            )
        return self


class ChangeWork(Strict):
    """Change what is given; the rest stays."""

    title: Title | None = None
    body: Body | None = None
    phase: Phase | None = Field(default=None, description=_PHASE)
    priority: Priority | None = Field(default=None, description="The higher, the sooner it is leased")
    acceptance: Acceptance | None = Field(default=None, description=_ACCEPTANCE)

    def changes(self) -> dict[str, Any]:
        """The columns that it sets."""
        return {name: value for name in type(self).model_fields if (value := getattr(self, name)) is not None}


class LeaseWork(Strict):
    """Lease the best item that is free, or the one with this id."""

    owner: Annotated[Line, Field(min_length=1, max_length=MAX_OWNER, examples=["worker-1"])] = Field(
        description="Who holds it from now on, as its card and others are told"
    )
    ttl_seconds: Seconds = Field(default=TTL_SECONDS, description="How long, unless it is renewed")
    phase: Phase | None = Field(default=None, description="Only items of this phase; not together with `id`")
    id: ItemId | None = Field(default=None, description="Only this item")

    @model_validator(mode="after")
    def _one_way(self) -> "LeaseWork":
        if self.id is not None and self.phase is not None:
            raise PydanticCustomError("two_ways", 'goes not together with "id"', {"at": ("phase",)})
        return self


class RenewLease(Strict):
    """Hold an item for longer."""

    fence: Fence
    ttl_seconds: Seconds = Field(default=TTL_SECONDS, description="How long from now on")


class ReleaseWork(Strict):
    """Give an item back, so that another can lease it."""

    fence: Fence
    reason: Reason | None = Field(default=None, description="Why, for its history")


class CompleteWork(Strict):
    """Say that an item is done."""

    fence: Fence | None = Field(default=None, description="Of the lease; left out for an item that no one holds")
    result: Result | None = None


class BlockWork(Strict):
    """Say that an item cannot go on, which ends its lease."""

    fence: Fence | None = Field(default=None, description="Of the lease; left out for an item that no one holds")
    reason: Reason = Field(description="What blocks it; shown on the card")


class UnblockWork(Strict):
    """Say that an item can go on."""


class ReclaimWork(Strict):
    """Take an item from who holds it."""

    reason: Reason = Field(description="Why, for its history")


class ReclaimExpired(Strict):
    """Make all items ready whose lease has expired."""


class LinkWork(Strict):
    """Name the item that another one depends on."""

    depends_on: ItemId
