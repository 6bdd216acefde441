"""Parameters: an unknown one is refused by its name, on every route."""

import pytest

from bridge.agents.interactions import filters
from storage.model import Json
from tests.bridge.agents.door import Door

FILTERS = ", ".join(filters.NAMES)
ROUTES = [
    ("POST", "/v1/interactions", "there is only wait"),
    ("GET", "/v1/interactions", f"there are {FILTERS}"),
    ("GET", "/v1/interactions/{}", "there are wait, include"),
    ("POST", "/v1/interactions/{}/cancel", "there are none here"),
    ("GET", "/v1/interactions/{}/timeline", "there are none here"),
]


@pytest.mark.parametrize(("method", "path", "there"), ROUTES)
async def test_an_unknown_parameter_is_refused_by_name(door: Door, method: str, path: str, there: str) -> None:
    asked = (await door.ask()).json["id"]
    sent: Json = {"json": {}} if method == "POST" else {}
    for query, name in (("wiat=60", "wiat"), ("Wait=60", "Wait"), ("wait[]=5", "wait[]"), ("=", ""), ("%00", "\\x00")):
        reply = await door.call(method, f"{path.format(asked)}?{query}", **sent)

        assert (reply.status, reply.slug) == (400, "invalid_parameter")
        assert reply.json["detail"] == f"Unknown parameter '{name}'; {there}."
    assert (await door.get(asked)).json["status"] == "pending"
    assert await door.rows() == 1


@pytest.mark.parametrize(("method", "path"), [("POST", "/v1/interactions"), ("GET", "/v1/interactions/{}")])
async def test_wait_may_be_said_once(door: Door, method: str, path: str) -> None:
    asked = (await door.ask()).json["id"]
    sent: Json = {"json": {}} if method == "POST" else {}
    reply = await door.call(method, f"{path.format(asked)}?wait=1&wait=2", **sent)

    assert (reply.status, reply.json["detail"]) == (400, "wait must be given once.")


async def test_an_unknown_parameter_does_not_tell_whether_something_is_there(door: Door) -> None:
    mine = (await door.ask()).json["id"]
    replies = [
        await door.call("GET", f"/v1/interactions/{id}?x=1") for id in (mine, "int_01h2xcejqtf2nbrexx3vqjhp41", "x")
    ]

    assert {(reply.status, reply.raw) for reply in replies} == {(400, replies[0].raw)}
