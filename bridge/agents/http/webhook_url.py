"""The address of a webhook in a request: checked where it is sent, for endpoints and callbacks alike."""

from bridge.agents.http import problems
from bridge.agents.http.problems import WEBHOOKS_OFF, Problem
from bridge.webhooks import target
from bridge.webhooks.outgoing import Webhooks
from bridge.webhooks.target import BadTarget


def address(url: str, webhooks: Webhooks, *, pointer: str) -> str:
    """An address that may be called, unchanged; raises Problem, also when this bridge calls nobody."""
    if webhooks.keys is None:
        raise off()
    try:
        return target.check(url, webhooks.guard)
    except BadTarget as error:
        raise problems.invalid(pointer, str(error)) from None


def off() -> Problem:
    """Why nothing about webhooks can be done here."""
    return Problem(
        WEBHOOKS_OFF, "Ask whoever runs this bridge to set ASKBRIDGE_WEBHOOK_KEY; until then, wait or look instead."
    )
