"""Checks the URL of a webhook in a request, of an endpoint as well as of a callback."""

from bridge.agents.http import problems
from bridge.agents.http.problems import WEBHOOKS_OFF, ApiProblem
from bridge.webhooks import target
from bridge.webhooks.outgoing import Webhooks
from bridge.webhooks.target import BadTarget


def address(url: str, webhooks: Webhooks, *, pointer: str) -> str:
    """The URL, unchanged, if it may be called; raises ApiProblem, also when webhooks are not set up on this bridge."""
    if webhooks.keys is None:
        raise off()
    try:
        return target.check(url, webhooks.guard)
    except BadTarget as error:
        raise problems.invalid(pointer, str(error)) from None


def off() -> ApiProblem:
    """The problem of a request that needs webhooks while no webhook key is set."""
    return ApiProblem(
        WEBHOOKS_OFF,
        "Ask the operator of this bridge to set ASKBRIDGE_WEBHOOK_KEY; until then, use long-polling or events.",
    )
