"""What was asked can be read back: in responses, lists, the feed and webhooks, for rows of earlier releases too."""

import pytest

from bridge import ids
from bridge.representation import event
from storage import cards, json_text
from storage.model import Json
from tests.bridge.agents.door import Door, body
from tests.storage import build

OPTIONS = [
    {"id": "a", "label": "A", "style": "danger", "confirm": "Sure?"},
    {"id": "b", "label": "B"},
]
PLAIN: Json = {
    "title": "Deploy 1.4 to production?",
    "body": None,
    "facts": [],
    "options": [],
    "to": [{"channel": "C0APPROVALS"}],
    "responders": {"users": ["U0ANA"]},
    "outsiders": "refuse",
    "on_expiry": None,
}
CASES: list[tuple[Json, Json]] = [
    ({}, {}),
    ({"body": "**Markdown**\r\n"}, {"body": "**Markdown**\n"}),
    ({"facts": [{"name": "n", "value": "v"}]}, {"facts": [{"name": "n", "value": "v"}]}),
    ({"kind": "choice", "options": OPTIONS}, {"options": OPTIONS}),
    ({"to": {"user": "U0ANA"}, "responders": None}, {"to": [{"user": "U0ANA"}]}),
    (
        {"to": [{"user": "U0BOB"}, {"channel": "C0A", "thread_ts": "1.000000"}, {"user": "U0ANA"}]},
        {"to": [{"user": "U0BOB"}, {"channel": "C0A", "thread_ts": "1.000000"}, {"user": "U0ANA"}]},
    ),
    ({"responders": {"anyone_in_channel": True}}, {"responders": {"anyone_in_channel": True}}),
    ({"responders": {"users": ["U0ANA"], "outsiders": "allow"}}, {"outsiders": "allow"}),
    ({"on_expiry": {"decision": "deny"}}, {"on_expiry": {"decision": "deny"}}),
    (
        {"kind": "choice", "options": OPTIONS, "on_expiry": {"option": "b"}},
        {"options": OPTIONS, "on_expiry": {"option": "b"}},
    ),
]


def asked(resource: Json) -> Json:
    """The fields of a resource that say what was asked."""
    return {name: resource[name] for name in PLAIN if name in resource}


@pytest.mark.parametrize(("sent", "changed"), CASES, ids=str)
async def test_what_was_asked_is_told_wherever_the_question_is(door: Door, sent: Json, changed: Json) -> None:
    wanted = PLAIN | changed
    created = await door.ask(body(**sent), idempotency="k")
    again = await door.ask(body(**sent), idempotency="k")
    got = await door.get(created.json["id"])
    listed, with_body = await door.list(), await door.list(include="body")
    fed = await door.call("GET", "/v1/events?after=beginning")
    row = await build.read(door.db, door.tenant, created.id)
    copies = await cards.of_interaction(door.db, row.organization_id, row.id)
    called = json_text.loads(
        event.encode(event.of_interaction(id=row.id, type="x", at=row.created_at, row=row, cards=copies)).decode()
    )
    cancelled = await door.cancel(created.json["id"])

    everywhere = [created.json, again.json, got.json, fed.json["items"][0]["data"], called["data"], cancelled.json]
    for resource in (*everywhere, *with_body.json["items"]):
        assert asked(resource) == wanted
    (short,) = listed.json["items"]
    assert asked(short) == {name: value for name, value in wanted.items() if name != "body"}
    assert "body" not in short


async def test_cards_that_were_found_in_slack_are_no_recipients(door: Door) -> None:
    """A post whose outcome was unknown may have left a second card at an address, or one at another."""
    created = await door.ask(body(to=[{"user": "U0ANA"}, {"channel": "C0A"}]))
    for ordinal, address in ((0, {"channel": "C0STRAY"}), (1, {"user": "U0ANA"})):
        await door.db.fetch(
            """
            insert into cards (
                organization_id, connection_id, interaction_id, id, ordinal, address, channel, ts, wanted, shown)
            select organization_id, connection_id, interaction_id, $1, $2, $3, 'C0STRAY', $4, 1, 1
            from cards
            where ordinal = 2
            """,
            ids.new(),
            ordinal,
            address,
            f"1.00000{ordinal}",
        )
    got = await door.get(created.json["id"])

    assert len(got.json["cards"]) == 4
    assert got.json["to"] == [{"user": "U0ANA"}, {"channel": "C0A"}]


async def test_a_row_of_the_first_release_reads_well(door: Door) -> None:
    """It stored no fields but those that were sent."""
    created = await door.ask()
    await door.db.fetch("""update interactions set request = '{"kind": "approval", "title": "t"}', forms = default""")

    got = await door.get(created.json["id"])

    assert asked(got.json) == PLAIN | {"title": "t"}
