"""What an agent sends to ask for an approval: nothing beyond what every question has."""

from typing import Literal

from bridge.question import Question


class Request(Question):
    """Whether something may be done."""

    kind: Literal["approval"]
