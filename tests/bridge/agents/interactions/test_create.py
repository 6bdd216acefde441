"""Creating an interaction: what is stored and returned, and the problems of invalid bodies."""

from typing import Any

import pytest

from bridge import ids
from bridge.kinds.registry import KINDS
from storage import connections
from storage.model import Json
from tests.bridge.agents.door import Door, body
from tests.storage import build

PEOPLE = [f"U{number:08}" for number in range(51)]

FIELDS = {
    "id", "kind", "status", "message", "answer", "reason", "digest", "title", "body", "action", "facts", "options",
    "truncated", "to", "responders", "outsiders", "on_expiry", "agent", "on_behalf_of", "cards",
    "supersedes", "superseded_by", "tags", "metadata", "idempotency_key", "created_at", "expires_at", "answered_at",
    "heard_at", "receipt",
}  # fmt: skip


async def test_a_question_is_stored_and_told_whole(door: Door) -> None:
    sent = body(
        action={"name": "deploy", "arguments": {"version": "1.4", "canary": 0.1}},
        agent={"name": "Release agent", "run": "run-7", "url": "https://ci.example/7"},
        on_behalf_of={"user": "U0BOB"},
        tags=["release", "payments"],
        metadata={"nested": [1, 2.5, None, {"é": "漢"}]},
        expires_in=60,
    )
    reply = await door.ask(sent)

    assert reply.status == 201
    assert reply.headers["Location"] == f"/v1/interactions/{reply.json['id']}"
    assert "Idempotency-Replayed" not in reply.headers
    assert set(reply.json) == FIELDS
    assert {name: reply.json[name] for name in ("action", "agent", "on_behalf_of", "tags", "metadata")} == {
        name: sent[name] for name in ("action", "agent", "on_behalf_of", "tags", "metadata")
    }
    assert (reply.json["kind"], reply.json["status"], reply.json["answer"]) == ("approval", "pending", None)
    assert reply.json["cards"] == [
        {"status": "queued", "channel": "C0APPROVALS", "ts": None, "permalink": None, "reason": None}
    ]
    assert (await door.get(reply.json["id"])).json == reply.json
    row = await build.read(door.db, door.tenant, reply.id)
    assert (row.expires_at - row.created_at).total_seconds() == pytest.approx(60, abs=1)
    assert (row.asked_by, row.home_teams) == ("deploy-bot", door.tenant.connection.home_teams)
    assert door.notifier.cards.is_set()


@pytest.mark.parametrize("kind", sorted(KINDS))
async def test_every_example_is_accepted(door: Door, kind: str) -> None:
    for example in KINDS[kind].examples:
        reply = await door.ask(example.request | {"to": {"user": "U0ANA"}})

        assert reply.status == 201, example.name


@pytest.mark.parametrize(
    ("to", "responders", "who"),
    [
        ({"user": "U0ANA"}, None, ["U0ANA"]),
        ([{"user": "U0ANA"}, {"user": "W0BOB"}], None, ["U0ANA", "W0BOB"]),
        ({"user": "U0ANA"}, {"users": ["U0BOB", "U0ANA", "U0BOB"]}, ["U0BOB", "U0ANA"]),
        ({"channel": "C0A"}, {"users": ["U0BOB"], "anyone_in_channel": False}, ["U0BOB"]),
        ({"channel": "G0A", "thread_ts": "1700000000.000100"}, {"anyone_in_channel": True}, None),
        ([{"channel": "C0A"}, {"channel": "C0A", "thread_ts": "1.000000"}], {"anyone_in_channel": True}, None),
        ([{"user": "U0ANA"}, {"channel": "D0A"}], {"users": PEOPLE[:50]}, PEOPLE[:50]),
    ],
)
async def test_who_may_answer_is_who_was_named(door: Door, to: Any, responders: Any, who: list[str] | None) -> None:
    reply = await door.ask(body(to=to, responders=responders))

    assert reply.status == 201
    assert (await build.read(door.db, door.tenant, reply.id)).responders == who
    assert len(reply.json["cards"]) == (len(to) if isinstance(to, list) else 1)


@pytest.mark.parametrize(("said", "who"), [("refuse", ["T0HOME"]), ("allow", None)])
async def test_outsiders_may_answer_only_when_it_was_said(door: Door, said: str, who: list[str] | None) -> None:
    tenant = await build.tenant(door.db, team="T0HOME")
    reply = await door.ask(body(responders={"users": ["U0ANA"], "outsiders": said}), key=tenant.secret)

    assert (await build.read(door.db, tenant, reply.id)).home_teams == who


WRONG: list[tuple[Json, str]] = [
    ({"kind": None}, "/kind"),
    ({"kind": "poll"}, "/kind"),
    ({"kind": ["approval"]}, "/kind"),
    ({"title": None}, "/title"),
    ({"title": ""}, "/title"),
    ({"title": " \u200b "}, "/title"),
    ({"title": 5}, "/title"),
    ({"title": "x" * 151}, "/title"),
    ({"title": "two\nlines"}, "/title"),
    ({"title": "bell\x07"}, "/title"),
    ({"title": "nul\x00"}, "/title"),
    ({"title": "half\ud83d"}, "/title"),
    ({"body": "x" * 9_001}, "/body"),
    ({"body": ["x"]}, "/body"),
    ({"action": {"name": "deploy", "arguments": {"a": "x" * 4_096}}}, "/action"),
    ({"action": {"name": "deploy", "arguments": [1]}}, "/action/arguments"),
    ({"action": {"arguments": {}}}, "/action/name"),
    ({"facts": [{"name": "n", "value": "v"}] * 11}, "/facts"),
    ({"facts": [{"name": "n", "value": "v"}, {"name": "n"}]}, "/facts/1/value"),
    ({"facts": [{"name": "n", "value": "v" * 501}]}, "/facts/0/value"),
    ({"agent": {"url": "javascript:alert(1)"}}, "/agent/url"),
    ({"agent": {"run": "r" * 201}}, "/agent/run"),
    ({"on_behalf_of": {"user": "bob"}}, "/on_behalf_of/user"),
    ({"to": None}, "/to"),
    ({"to": []}, "/to"),
    ({"to": "U0ANA"}, "/to"),
    ({"to": {}}, "/to"),
    ({"to": {"user": "U0ANA", "channel": "C0A"}}, "/to"),
    ({"to": {"user": "U0ANA", "thread_ts": "1.000000"}}, "/to"),
    ({"to": {"user": "@ana"}}, "/to/user"),
    ({"to": {"user": "U0ANA\n"}}, "/to/user"),
    ({"to": {"channel": "#general"}}, "/to/channel"),
    ({"to": {"channel": "C0A", "thread_ts": "1700000000"}}, "/to/thread_ts"),
    ({"to": [{"user": "U0ANA"}, {"user": 7}]}, "/to/1/user"),
    ({"to": [{"user": "U0ANA"}, {"who": "U0ANA"}]}, "/to/1/who"),
    ({"to": [{"user": "U0ANA"}, {"user": "U0ANA"}]}, "/to"),
    ({"to": [{"user": person} for person in PEOPLE[:11]]}, "/to"),
    ({"responders": None}, "/responders"),
    ({"responders": {}}, "/responders"),
    ({"responders": {"anyone_in_channel": False}}, "/responders"),
    ({"responders": {"users": ["U0ANA"], "anyone_in_channel": True}}, "/responders"),
    ({"responders": {"users": []}}, "/responders/users"),
    ({"responders": {"users": PEOPLE}}, "/responders/users"),
    ({"responders": {"users": ["U0ANA", "ana"]}}, "/responders/users/1"),
    ({"responders": {"anyone_in_channel": "true"}}, "/responders/anyone_in_channel"),
    ({"responders": {"users": ["U0ANA"], "outsiders": "perhaps"}}, "/responders/outsiders"),
    ({"on_expiry": "deny"}, "/on_expiry"),
    ({"on_expiry": {}}, "/on_expiry"),
    ({"on_expiry": {"decision": "deny", "option": "deny"}}, "/on_expiry"),
    ({"on_expiry": {"decision": "perhaps"}}, "/on_expiry/decision"),
    ({"on_expiry": {"option": "x" * 101}}, "/on_expiry/option"),
    ({"supersedes": 7}, "/supersedes"),
    ({"supersedes": "x" * 101}, "/supersedes"),
    ({"expires_in": 59}, "/expires_in"),
    ({"expires_in": 2_592_001}, "/expires_in"),
    ({"expires_in": -1}, "/expires_in"),
    ({"expires_in": 10**400}, "/expires_in"),
    ({"expires_in": True}, "/expires_in"),
    ({"expires_in": "3600"}, "/expires_in"),
    ({"expires_in": 3600.5}, "/expires_in"),
    ({"tags": ["t"] * 21}, "/tags"),
    ({"tags": ["t", ""]}, "/tags/1"),
    ({"tags": ["t" * 81]}, "/tags/0"),
    ({"tags": "release"}, "/tags"),
    ({"metadata": []}, "/metadata"),
    ({"metadata": {"m": "x" * 16_384}}, "/metadata"),
    ({"metadata": {f"{n}": 1e300 for n in range(100)}}, "/metadata"),
    ({"metadata": {"deep": {"er": "\x00"}}}, "/metadata/deep/er"),
    ({"metadata": {"a/b~c": ["\ud800"]}}, "/metadata/a~1b~0c/0"),
    ({"metadata": {"nul\x00": 1}}, "/metadata"),
    ({"connection": 7}, "/connection"),
    ({"conection": "con_1"}, "/conection"),
    ({"options": []}, "/options"),
]


async def test_whatever_is_wrong_is_pointed_at(door: Door) -> None:
    for fields, pointer in WRONG:
        sent = {name: value for name, value in body().items() if name not in fields} | {
            name: value for name, value in fields.items() if value is not None
        }
        reply = await door.ask(sent)

        assert (reply.status, reply.slug, reply.pointers) == (422, "invalid_body", [pointer]), fields
    assert await door.rows() == 0


async def test_all_mistakes_are_told_at_once_but_not_endlessly(door: Door) -> None:
    two = await door.ask(body(title=5, expires_in=1))
    many = await door.ask(body(**{f"unknown_{'x' * 1000}_{number}": 1 for number in range(200)}))

    assert two.pointers == ["/title", "/expires_in"]
    assert two.json["detail"] == "/title must be a string; and 1 more."
    assert len(many.pointers) == 20
    assert many.json["detail"].endswith("; and at least 20 more.")
    assert len(many.raw) < 10_000


async def test_a_channel_needs_to_be_told_who_may_answer(door: Door) -> None:
    assert (await door.ask(body(responders=None))).json["detail"] == (
        '/responders is required for a channel: {"users": ["U…"]}, or {"anyone_in_channel": true} for all its members.'
    )


async def test_responders_who_see_no_card_are_refused(door: Door) -> None:
    to = [{"user": "U0ANA"}, {"user": "U0CHO"}]

    refused = await door.ask(body(to=to, responders={"users": ["U0BOB"]}))
    with_a_channel = await door.ask(body(to=[*to, {"channel": "C0A"}], responders={"users": ["U0BOB"]}))

    assert (refused.status, refused.pointers) == (422, ["/responders"])
    assert refused.json["detail"] == (
        '/responders must include at least one person in "to": no one else can see the card in their direct messages.'
    )
    assert with_a_channel.status == 201


class TestConnections:
    async def test_the_only_one_may_be_named_or_left_out(self, door: Door) -> None:
        named = await door.ask(body(connection=ids.encode("con", door.tenant.connection.id)))

        assert named.status == 201

    async def test_a_foreign_one_is_as_unknown_as_none(self, door: Door) -> None:
        foreign = (await build.tenant(door.db)).connection.id
        unknown = [ids.encode("con", foreign), ids.encode("con", ids.new()), ids.encode("int", ids.new()), "con_", "é"]

        replies = [await door.ask(body(connection=connection)) for connection in unknown]

        assert {(reply.status, reply.raw) for reply in replies} == {(422, replies[0].raw)}
        assert replies[0].pointers == ["/connection"]
        assert await door.rows() == 0

    async def test_of_several_one_must_be_named(self, door: Door) -> None:
        second = await self.connect_another(door)

        reply = await door.ask()

        assert (reply.status, reply.pointers) == (422, ["/connection"])
        assert second in reply.json["detail"] and "several connections" in reply.json["detail"]
        assert (await door.ask(body(connection=second))).status == 201

    async def test_without_any_it_is_said_what_is_missing(self, door: Door) -> None:
        await door.db.fetch("update connections set disabled_at = clock_timestamp()")

        reply = await door.ask()

        assert (reply.status, reply.pointers) == (422, ["/connection"])
        assert "must connect or enable a workspace" in reply.json["detail"]

    async def connect_another(self, door: Door) -> str:
        made = await connections.connect(
            door.db,
            organization_id=door.tenant.scope.organization_id,
            id=ids.new(),
            app_id="A0ASKBRIDGE",
            enterprise_id=None,
            team_id="T0SECOND",
            home_teams=["T0SECOND"],
            bot_user_id="U0BOT",
            name="Second",
        )
        return ids.encode("con", made.id)
