"""The request of an approval: the fields that all kinds share, and the words that a decision can have."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from bridge.fields import Strict
from bridge.forms.comment import AskedComment
from bridge.question import Question


class Comments(Strict):
    """The comments of the two decisions; a decision with a comment opens a form."""

    approve: Annotated[AskedComment | None, Field(description="With an approval")] = None
    deny: Annotated[AskedComment | None, Field(description="With a denial")] = None

    @model_validator(mode="after")
    def _of_a_decision(self) -> "Comments":
        if self.approve is None and self.deny is None:
            raise PydanticCustomError("comments", 'must have "approve" or "deny", such as {"deny": "required"}')
        return self


def _an_object(comment: object) -> object:
    if comment is not None and not isinstance(comment, dict | Comments):
        raise PydanticCustomError("comments", 'must be an object, such as {"deny": "required"}')
    return comment


def _given(respond: object) -> object:
    """None for false, so that a request that says false is the request that leaves it out."""
    return None if respond is False else respond


class Request(Question):
    """Whether something may be done."""

    kind: Literal["approval"]
    comment: Annotated[
        Comments | None,
        Field(description='Such as `{"deny": "required"}`: asks for words with a decision'),
        BeforeValidator(_an_object, json_schema_input_type=Comments | None),
    ] = None
    respond: Annotated[
        bool | None,
        Field(description="Adds a Reply button: people can answer in words instead of approving or denying"),
        BeforeValidator(_given),
    ] = None
