"""The options of selects, radio buttons and checkboxes, and the checks of what is chosen at the start."""

from collections.abc import Iterator

from sandbox.slack.model import Json
from sandbox.slack.validator.rules import Problem


def options_or_groups(value: Json, pointer: str) -> Iterator[Problem]:
    if ("options" in value) == ("option_groups" in value):
        yield Problem(pointer, "must define either `options` or `option_groups`")


def initial_is_an_option(value: Json, pointer: str) -> Iterator[Problem]:
    initial = value.get("initial_option")
    if initial is not None and initial not in offered(value):
        yield Problem(f"{pointer}/initial_option", "must match one of the provided options")


def initials_are_options(value: Json, pointer: str) -> Iterator[Problem]:
    initials = value.get("initial_options")
    for index, initial in enumerate(initials if isinstance(initials, list) else []):
        if initial not in offered(value):
            yield Problem(f"{pointer}/initial_options/{index}", "must match one of the provided options")


def offered(select: Json) -> list[Json]:
    """The options of a select, including those of its groups; malformed parts are left out."""
    groups = select.get("option_groups")
    holders = [select, *(groups if isinstance(groups, list) else [])]
    lists = [holder.get("options") for holder in holders if isinstance(holder, dict)]
    return [option for options in lists if isinstance(options, list) for option in options]
