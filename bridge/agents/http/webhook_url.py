"""The address of a webhook in a request: checked where it is sent, for endpoints and callbacks alike."""

from bridge.agents.http import problems
from bridge.agents.http.problems import WEBHOOKS_OFF, ApiProblem
from bridge.webhooks import target
from bridge.webhooks.outgoing import Webhooks
from bridge.webhooks.target import BadTarget


def address(url: str, webhooks: Webhooks, *, pointer: str) -> str:
    """An address that may be called, unchanged; raises ApiProblem, also when this bridge calls nobody."""
    if webhooks.keys is None:
        raise off()
    try:
        return target.check(url, webhooks.guard)
    except BadTarget as error:
        raise problems.invalid(pointer, str(error)) from None


def off() -> ApiProblem:
    """Why nothing about webhooks can be done here."""
    return ApiProblem(
        WEBHOOKS_OFF, "Ask whoever runs this bridge to set ASKBRIDGE_WEBHOOK_KEY; until then, wait or look instead."
    )
