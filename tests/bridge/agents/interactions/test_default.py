"""The default answer, which counts when no person answers in time."""

from typing import Any

import pytest

from bridge.loops import expiry
from tests.bridge.agents.door import Door, body
from tests.storage import build

OPTIONS = [{"id": "eu", "label": "Europe"}, {"id": "us", "label": "America"}]


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ({"on_expiry": {"decision": "deny"}}, ("deny", False, None, "Deny")),
        ({"on_expiry": {"decision": "approve"}}, ("approve", True, None, "Approve")),
        (
            {"kind": "choice", "options": OPTIONS, "on_expiry": {"option": "us"}},
            (None, False, "us", "America"),
        ),
    ],
)
async def test_it_is_told_at_the_deadline_and_ever_after(door: Door, asked: Any, answer: tuple[Any, ...]) -> None:
    id = (await door.ask(body(**asked))).id
    await door.post_card()
    await door.pass_deadline(id)

    response = (await door.list(status="answered", include="body")).json["items"][0]

    given = response["answer"]
    assert (given["decision"], given["approved"], given["option"], given["label"]) == answer
    assert (given["by"], given["via"], given["at"]) == (None, "default", response["expires_at"])
    assert response["answered_at"] == response["expires_at"]
    assert "because the deadline passed without an answer" in response["message"]
    await expiry.step(door.db, door.notifier, door.reader)
    assert (await door.get(response["id"], wait=60)).json == response


async def test_where_no_person_could_see_a_card_there_is_no_answer(door: Door) -> None:
    asked = await door.ask(body(on_expiry={"decision": "approve"}))
    await door.pass_deadline(asked.id)
    for _ in range(2):
        response = (await door.get(asked.json["id"])).json
        assert (response["status"], response["answer"], response["reason"]["code"]) == (
            "unreachable",
            None,
            "never_shown",
        )
        await expiry.step(door.db, door.notifier, door.reader)


@pytest.mark.parametrize(
    ("asked", "pointer"),
    [
        ({"on_expiry": {"option": "deny"}}, "/on_expiry/option"),
        ({"kind": "choice", "options": OPTIONS, "on_expiry": {"option": "asia"}}, "/on_expiry/option"),
        ({"kind": "choice", "options": OPTIONS, "on_expiry": {"decision": "deny"}}, "/on_expiry/decision"),
    ],
)
async def test_what_no_person_could_answer_is_no_default(door: Door, asked: Any, pointer: str) -> None:
    reply = await door.ask(body(**asked))

    assert (reply.status, reply.pointers) == (422, [pointer])
    assert "must be a possible answer of this" in reply.json["detail"]
    assert await door.rows() == 0


async def test_a_click_in_time_is_the_answer(door: Door) -> None:
    asked = await door.ask(body(on_expiry={"decision": "deny"}))
    await door.post_card()
    await door.click(asked.id)
    await door.pass_deadline(asked.id)
    await expiry.step(door.db, door.notifier, door.reader)

    response = (await door.get(asked.json["id"])).json
    assert (response["answer"]["approved"], response["answer"]["via"]) == (True, "button")
    assert (await build.read(door.db, door.tenant, asked.id)).on_expiry == "deny"
