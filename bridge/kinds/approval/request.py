"""The request of an approval: the fields that all kinds share."""

from typing import Literal

from bridge.question import Question


class Request(Question):
    """Whether something may be done."""

    kind: Literal["approval"]
