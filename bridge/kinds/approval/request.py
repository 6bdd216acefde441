"""The request of an approval: the fields that all kinds share, and the words that a decision can have."""

from collections.abc import Set as AbstractSet
from functools import cached_property
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag, ValidationInfo, model_validator
from pydantic_core import PydanticCustomError

from bridge.fields import Arguments, Strict, is_new
from bridge.forms.comment import AskedComment
from bridge.kinds.approval import editable
from bridge.question import Question
from bridge.schemas import order
from bridge.schemas.refusal import Refused
from bridge.schemas.typed_form import SCHEMA, TypedForm
from storage.model import Json

_OF_EDIT: Final[AbstractSet[str]] = frozenset({SCHEMA, "order"})


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


def _ordered(edit: Json, info: ValidationInfo) -> Json:
    """The object with the order of the schema's properties, because a database keeps no order of names."""
    if not is_new(info) or edit.get("order") is not None:
        return edit
    return {SCHEMA: edit[SCHEMA], "order": order.of(edit[SCHEMA])}


def _sort(edit: object) -> str:
    return "true" if edit is True else "an object"


def _shaped(edit: object, info: ValidationInfo) -> object:
    """None for false, as for `respond`; anything else but true and an object with a schema is refused in words."""
    if edit is False or edit is None or edit is True or not is_new(info):
        return None if edit is False else edit
    if not isinstance(edit, dict) or not isinstance(edit.get(SCHEMA), dict) or edit.keys() - _OF_EDIT:
        raise PydanticCustomError("edit", 'must be true, or an object with a JSON Schema, such as {"schema": {…}}')
    names = edit.get("order")
    if names is not None and not (isinstance(names, list) and all(isinstance(name, str) for name in names)):
        raise PydanticCustomError("edit", "must be a list of JSON pointers", {"at": ("order",)})
    return edit


_Edit = Annotated[
    Annotated[Literal[True], Tag("true")] | Annotated[Arguments, AfterValidator(_ordered), Tag("an object")],
    Discriminator(_sort),
]


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
    edit: Annotated[
        _Edit | None,
        Field(
            description="Lets people change the action's arguments before they approve: `true`, or "
            '`{"schema": {…}}` with a JSON Schema of those that they can change, as of a form'
        ),
        BeforeValidator(_shaped, json_schema_input_type=Literal[True] | Json | None),
    ] = None

    @model_validator(mode="after")
    def _possible(self, info: ValidationInfo) -> "Request":
        """Refuse an edit that no form can show."""
        if is_new(info) and self.edit is not None:
            if self.action is None:
                raise PydanticCustomError("edit", 'must have an "action" with arguments beside it', {"at": ("edit",)})
            try:
                _ = self.typed
            except Refused as refused:
                raise PydanticCustomError("edit", "{words}", {"words": refused.words, "at": refused.at}) from None
        return self

    @cached_property
    def typed(self) -> TypedForm | None:
        """The form of the arguments; None if they cannot be changed. Raises Refused."""
        if self.edit is None or self.action is None:
            return None
        return editable.typed(self.edit, self.action.arguments)
