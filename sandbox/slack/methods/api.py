"""api.*: whether the Web API can be reached at all. No token is needed."""

from sandbox.slack.errors import SlackError
from sandbox.slack.model import Json


def test(arguments: Json) -> Json:
    """Return the arguments; refuse with the error that the caller asks for."""
    echo = {"args": arguments} if arguments else {}
    if arguments.get("error"):
        raise SlackError(str(arguments["error"]), **echo)
    return echo
