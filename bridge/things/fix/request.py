"""What agents send about a suggested fix: the proposal itself, what became of it, and what a person may confirm.

These are the fields of the noun itself; those that requests of all nouns have are added where the bodies are read.
"""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from bridge.fields import FREE, WHOLE, Arguments, Line, Strict, WebAddress, Words
from bridge.things.limits import at_most

MAX_SESSION = 200  # characters
MAX_TITLE = 200
MAX_DESCRIPTION = 3_000
MAX_KEY = 80
MAX_TEMPLATE = 200
MAX_SCRIPT = 750  # a card shows all of it, whatever its characters are: people apply no script that they do not see
MAX_PARAMETERS = 4 * 1024  # bytes of JSON
MAX_EVIDENCE = 16 * 1024
MAX_REASON = 1_000  # characters
MIN_REMIND = 60  # seconds
MAX_REMIND = 31_536_000

AppliedName = Literal["applied_success", "applied_failed", "applied_partial", "applied_pending"]
OutcomeName = Literal["applied_success", "applied_failed", "applied_partial", "applied_pending", "dismissed"]
_NEEDS = {
    "applied_failed": "what went wrong",
    "applied_pending": "what is awaited",
}

Reason = Annotated[Words, Field(min_length=1, max_length=MAX_REASON), FREE]


class Template(Strict):
    """A template that has the fix."""

    id: Annotated[Line, Field(min_length=1, max_length=MAX_TEMPLATE)]
    url: Annotated[WebAddress, Field(description="A page about it; the card shows its host")] | None = None


class Propose(Strict):
    """Propose a fix for a session; it supersedes the one that is active there."""

    session: Annotated[Line, Field(min_length=1, max_length=MAX_SESSION, description="It has one active fix at a time")]
    title: Annotated[Line, Field(min_length=1, max_length=MAX_TITLE, description="What the fix is, in a line"), FREE]
    description: (
        Annotated[Words, Field(min_length=1, max_length=MAX_DESCRIPTION, description="Shown on the card"), FREE] | None
    ) = None
    confidence: Annotated[int, Field(ge=0, le=100), WHOLE] | None = Field(
        default=None, description="How sure you are, in percent"
    )
    key: Annotated[Line, Field(min_length=1, max_length=MAX_KEY)] | None = Field(
        default=None, description="Which kind of fix it is, the same for the same kind: for statistics"
    )
    template: Template | None = Field(default=None, description="Not together with `script`")
    script: Annotated[Words, Field(min_length=1, max_length=MAX_SCRIPT)] | None = Field(
        default=None, description="What would run, or its name; the card shows all of it"
    )
    parameters: Annotated[Arguments, BeforeValidator(at_most(MAX_PARAMETERS))] | None = Field(
        default=None,
        description="Of the script, at most 4 KB; the card shows ten of its values, and says so if these are not all",
    )

    @model_validator(mode="after")
    def _one_way(self) -> "Propose":
        if self.template is not None and self.script is not None:
            raise PydanticCustomError("two_ways", 'goes not together with "template"', {"at": ("script",)})
        if self.parameters is not None and self.script is None:
            raise PydanticCustomError("no_script", 'goes only with "script"', {"at": ("parameters",)})
        return self


class Judge(Strict):
    """Say what became of a fix."""

    outcome: OutcomeName | None = Field(default=None, description="Left out: stays as it is")
    reason: Reason | None = Field(
        default=None,
        description="Required for `applied_failed`: what went wrong; and for `applied_pending`: what is awaited",
    )
    notes: Reason | None = Field(
        default=None, description="Required for `applied_partial`, and only for it: what works, and what does not"
    )
    remind_in: Annotated[int, Field(ge=MIN_REMIND, le=MAX_REMIND), WHOLE] | None = Field(
        default=None,
        description="Seconds until people are asked for a verdict: with `applied_pending`, where it is a day if left "
        "out, or without an outcome",
    )

    @model_validator(mode="after")
    def _words_of_the_outcome(self) -> "Judge":
        if self.outcome is None and self.remind_in is None:
            raise PydanticCustomError("outcome_missing", 'is required, or "remind_in"', {"at": ("outcome",)})
        if self.outcome in _NEEDS and self.reason is None:
            raise _missing("reason", self.outcome, _NEEDS[self.outcome])
        if self.outcome == "applied_partial" and self.notes is None:
            raise _missing("notes", self.outcome, "what works, and what does not")
        if self.notes is not None and self.outcome != "applied_partial":
            raise PydanticCustomError(
                "notes_unused", 'goes only with the outcome "applied_partial": leave it out', {"at": ("notes",)}
            )
        if self.reason is not None and self.outcome in (None, "applied_partial"):
            raise PydanticCustomError("reason_unused", "goes not with this outcome: leave it out", {"at": ("reason",)})
        if self.remind_in is not None and self.outcome not in (None, "applied_pending"):
            raise PydanticCustomError(
                "remind_in_unused",
                'goes only with the outcome "applied_pending", or without one: leave it out',
                {"at": ("remind_in",)},
            )
        return self


class ProposeOutcome(Strict):
    """Propose what became of a fix; a person confirms it on the card."""

    outcome: AppliedName
    reason: Reason | None = Field(
        default=None, description="Required unless the outcome is `applied_success`; shown on the card"
    )
    evidence: Annotated[Arguments, BeforeValidator(at_most(MAX_EVIDENCE)), FREE] | None = Field(
        default=None, description="At most 16 KB; the card shows ten of its values"
    )

    @model_validator(mode="after")
    def _with_a_reason(self) -> "ProposeOutcome":
        if self.outcome != "applied_success" and self.reason is None:
            raise PydanticCustomError(
                "reason_missing", "is required for this outcome: what a person would confirm", {"at": ("reason",)}
            )
        return self


def _missing(field: str, outcome: str, what: str) -> PydanticCustomError:
    return PydanticCustomError(
        f"{field}_missing",
        'is required for the outcome "{outcome}": {what}',
        {"at": (field,), "outcome": outcome, "what": what},
    )
