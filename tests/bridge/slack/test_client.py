"""Slack's Web API as we use it, against a Slack that does and one that does not behave."""

import asyncio
import io
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bridge.card.frame import Drawing
from bridge.slack import client as slack_client
from bridge.slack.client import Client, Identity
from bridge.slack.errors import BadBlocks, Broken, GiveUp, RetryAfter
from sandbox.slack.faults import Fault, Kind
from sandbox.slack.server import Sandbox
from storage.model import Handle

CHANNEL = "C0APPROVALS"
CARD = Drawing(text="Deploy?", blocks=[{"type": "section", "text": {"type": "plain_text", "text": "Deploy <!here>?"}}])
FORM = {"type": "modal", "title": {"type": "plain_text", "text": "Deny"}, "blocks": [{"type": "divider"}]}
TOKEN = "xoxb-a-token-that-must-not-be-seen"


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with slack_client.session() as session:
        yield session


@pytest.fixture
def client(slack: Sandbox, http: aiohttp.ClientSession) -> Client:
    return Client(token=slack.world.app.bot_token, api_url=slack.api_url, http=http)


Answers = Callable[[dict[str, Any]], Awaitable[Client]]


@pytest.fixture
async def answers(http: aiohttp.ClientSession) -> AsyncIterator[Answers]:
    """A Slack that gives each method the answers named for it, one after the other."""
    runners: list[web.AppRunner] = []

    async def serve(told: dict[str, Any]) -> Client:
        left = {method: list(answer) if isinstance(answer, list) else [answer] for method, answer in told.items()}

        async def answer(request: web.Request) -> web.Response:
            waiting = left[request.match_info["method"]]
            body = waiting.pop(0) if len(waiting) > 1 else waiting[0]
            return web.json_response(body)

        app = web.Application()
        app.add_routes([web.post("/api/{method}", answer), web.get("/api/{method}", answer)])
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        runners.append(runner)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        return Client(token=TOKEN, api_url=f"http://127.0.0.1:{runner.addresses[0][1]}/api/", http=http)

    yield serve
    for runner in runners:
        await runner.cleanup()


async def posted(client: Client, address: dict[str, str] | None = None) -> Handle:
    handle = await client.post(address or {"channel": CHANNEL}, CARD)
    assert isinstance(handle, Handle), handle
    return handle


async def test_a_post_gives_the_handle_under_which_it_can_be_edited(slack: Sandbox, client: Client) -> None:
    for address in ({"channel": CHANNEL}, {"user": "U0ANA"}):
        handle = await posted(client, address)

        assert slack.world.message(channel=handle.channel, ts=handle.ts) is not None
        assert await client.edit(handle, Drawing(text="Approved.", blocks=CARD.blocks)) == handle
        edited = slack.world.message(channel=handle.channel, ts=handle.ts)
        assert edited is not None and edited.text == "Approved."


async def test_text_is_data_no_links_are_unfurled_and_no_names_linked(slack: Sandbox, client: Client) -> None:
    await client.edit(await posted(client), CARD)

    post, edit = (request.args for request in slack.requests)
    assert post["parse"] == edit["parse"] == "none"
    assert not any(str(post[name]).lower() in {"1", "true"} for name in ("unfurl_links", "unfurl_media"))
    assert "thread_ts" not in post


async def test_an_edit_brings_text_and_blocks_so_that_nothing_old_stays(slack: Sandbox, client: Client) -> None:
    await client.edit(await posted(client), CARD)

    assert {"text", "blocks"} <= set(slack.requests[-1].args)


async def test_m016_a_post_whose_answer_was_lost_is_not_sent_again_by_itself(slack: Sandbox, client: Client) -> None:
    slack.faults.add(Fault(on="chat.postMessage", kind=Kind.DROP_AFTER))

    told = await client.post({"channel": CHANNEL}, CARD)

    assert isinstance(told, RetryAfter) and told.ambiguous
    assert len(list(slack.world.messages(CHANNEL))) == 1


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        ({"kind": Kind.RATELIMITED, "retry_after": 3}, RetryAfter),
        ({"kind": Kind.RATELIMITED, "retry_after": None}, RetryAfter),
        ({"kind": Kind.STATUS, "status": 500}, RetryAfter),
        ({"kind": Kind.HTML}, RetryAfter),
        ({"kind": Kind.HTML, "status": 200}, RetryAfter),
        ({"kind": Kind.EMPTY}, RetryAfter),
        ({"kind": Kind.TRUNCATED}, RetryAfter),
        ({"kind": Kind.DROP_BEFORE}, RetryAfter),
        ({"kind": Kind.ERROR, "error": "channel_not_found"}, GiveUp),
        ({"kind": Kind.ERROR, "error": "invalid_blocks"}, BadBlocks),
        ({"kind": Kind.ERROR, "error": "invalid_auth"}, Broken),
    ],
)
async def test_no_call_raises_whatever_slack_answers(
    slack: Sandbox, client: Client, fault: dict[str, Any], outcome: type, log: io.StringIO
) -> None:
    handle = await posted(client)
    calls: dict[str, Callable[[], Awaitable[object]]] = {
        "chat.postMessage": lambda: client.post({"channel": CHANNEL}, CARD),
        "chat.update": lambda: client.edit(handle, CARD),
        "chat.getPermalink": lambda: client.permalink(handle),
        "views.open": lambda: client.open_form(FORM, trigger_id="1.2.ab"),
        "views.update": lambda: client.update_form(FORM, external_id="v1:x"),
        "auth.test": client.identity,
    }
    for method, call in calls.items():
        if method == "chat.update" and fault["kind"] in {Kind.EMPTY, Kind.TRUNCATED}:
            continue
        slack.faults.add(Fault(on=method, times=2, **fault))  # a cut GET is sent again by the HTTP client itself

        told = await call()
        slack.faults.clear()

        assert isinstance(told, outcome), (method, told)
        assert slack.world.app.bot_token not in repr(told)
    assert slack.world.app.bot_token not in log.getvalue()


@pytest.mark.parametrize("answer", [{"ok": True}, {"ok": True, "channel": "", "ts": ""}, {"ok": True, "channel": 1}])
async def test_an_answer_that_is_ok_and_lacks_the_handle_is_ambiguous(answers: Answers, answer: Any) -> None:
    client = await answers({"chat.postMessage": answer})

    told = await client.post({"channel": CHANNEL}, CARD)

    assert isinstance(told, RetryAfter) and told.ambiguous and told.code == "slack_unreadable"


@pytest.mark.parametrize("error", ["duplicate_external_id", "exchanged_trigger_id"])
async def test_a_form_that_was_opened_with_the_same_trigger_or_id_is_open(answers: Answers, error: str) -> None:
    client = await answers({"views.open": {"ok": False, "error": error}})

    assert await client.open_form(FORM, trigger_id="1.2.ab") is None


async def test_a_form_that_is_closed_has_expired(answers: Answers) -> None:
    client = await answers({"views.update": {"ok": False, "error": "not_found"}})

    told = await client.update_form(FORM, external_id="v1:x")

    assert isinstance(told, GiveUp) and told.code == "form_expired"


async def test_a_refused_connection_is_certain_and_may_be_retried(http: aiohttp.ClientSession) -> None:
    client = Client(token=TOKEN, api_url="http://127.0.0.1:9/api/", http=http)

    told = await client.post({"channel": CHANNEL}, CARD)

    assert isinstance(told, RetryAfter) and not told.ambiguous


async def test_a_slack_that_does_not_answer_is_given_up_on_and_the_outcome_unknown(slack: Sandbox) -> None:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=0.1)) as http:
        client = Client(token=slack.world.app.bot_token, api_url=slack.api_url, http=http)
        slack.faults.add(Fault(on="chat.postMessage", kind=Kind.SLOW, seconds=0.3))

        told = await client.post({"channel": CHANNEL}, CARD)

    assert isinstance(told, RetryAfter) and told.ambiguous and told.code == "slack_timeout"


async def test_every_call_has_a_deadline_shorter_than_a_lease(http: aiohttp.ClientSession) -> None:
    from storage.cards import LEASE_SECONDS

    assert http.timeout.total == slack_client.CALL_SECONDS < LEASE_SECONDS


# Whose token it is.


async def test_a_workspace_s_token_tells_its_workspace(slack: Sandbox, client: Client) -> None:
    assert await client.identity() == Identity(
        app_id="A0ASKBRIDGE",
        enterprise_id=None,
        team_id="T0SANDBOX",
        home_teams=["T0SANDBOX"],
        bot_user_id="U0ASKBRIDGE",
        name="Sandbox",
    )


AUTH = {"ok": True, "team_id": "T0ACME", "team": "Acme", "user_id": "U0BOT", "bot_id": "B0BOT"}


async def test_the_app_is_asked_for_when_slack_does_not_tell_it(answers: Answers) -> None:
    client = await answers({"auth.test": AUTH, "bots.info": {"ok": True, "bot": {"id": "B0BOT", "app_id": "A0ACME"}}})

    told = await client.identity()

    assert isinstance(told, Identity) and told.app_id == "A0ACME"


@pytest.mark.parametrize("word", ["missing_scope", "bot_not_found"])
async def test_an_app_that_may_not_be_asked_for_is_left_to_the_settings(answers: Answers, word: str) -> None:
    client = await answers({"auth.test": AUTH, "bots.info": {"ok": False, "error": word}})

    told = await client.identity()

    assert isinstance(told, Identity) and told.app_id is None and told.team_id == "T0ACME"


async def test_an_organization_wide_token_has_no_team_and_all_workspaces_as_home(answers: Answers) -> None:
    wide = AUTH | {"app_id": "A0ACME", "enterprise_id": "E0ACME", "is_enterprise_install": True, "team_id": "E0ACME"}
    pages = [
        {"ok": True, "teams": [{"id": "T0ONE"}, {"id": "T0TWO"}], "response_metadata": {"next_cursor": "more"}},
        {"ok": True, "teams": [{"id": "T0THREE"}], "response_metadata": {"next_cursor": ""}},
    ]
    client = await answers({"auth.test": wide, "auth.teams.list": pages})

    told = await client.identity()

    assert isinstance(told, Identity)
    assert (told.enterprise_id, told.team_id) == ("E0ACME", None)
    assert told.home_teams == ["T0ONE", "T0TWO", "T0THREE", "E0ACME"]


async def test_a_workspace_inside_an_enterprise_is_its_own_home(answers: Answers) -> None:
    client = await answers({"auth.test": AUTH | {"app_id": "A0ACME", "enterprise_id": "E0ACME"}})

    told = await client.identity()

    assert isinstance(told, Identity)
    assert (told.enterprise_id, told.team_id, told.home_teams) == ("E0ACME", "T0ACME", ["T0ACME"])


@pytest.mark.parametrize("answer", [{"ok": True}, AUTH | {"user_id": None}, AUTH | {"team_id": 7}])
async def test_an_identity_that_says_too_little_is_a_failure(answers: Answers, answer: Any) -> None:
    client = await answers({"auth.test": answer | {"app_id": "A0ACME"}})

    assert isinstance(await client.identity(), RetryAfter)


# Response URLs.


async def test_an_undelivered_reply_is_a_failure_or_its_status(http: aiohttp.ClientSession, slack: Sandbox) -> None:
    gone = await slack_client.respond(f"{slack.url}/actions/T0SANDBOX/1/x", {"text": "Hi"}, http=http)
    refused = await slack_client.respond("http://127.0.0.1:9/actions", {"text": "Hi"}, http=http)

    assert gone == 404
    assert isinstance(refused, RetryAfter) and "actions" not in repr(refused)


@pytest.mark.parametrize(
    ("body", "kind"),
    [('{"ok": false, "error": "invalid_blocks"}', BadBlocks), ('{"ok": false, "error": "used_url"}', GiveUp)]
    + [(body, int) for body in ("ok", "", '{"ok": true}', "{", "[]")],
)
async def test_a_200_that_says_it_is_not_ok_is_a_failure(http: aiohttp.ClientSession, body: str, kind: type) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(text=body)

    app = web.Application()
    app.add_routes([web.post("/", answer)])
    async with TestServer(app) as server:
        response = await slack_client.respond(str(server.make_url("/")), {"text": "Hi"}, http=http)

    assert isinstance(response, kind)


async def test_many_posts_share_one_session_and_their_answers_do_not_mix(slack: Sandbox, client: Client) -> None:
    async def one(number: int) -> bool:
        card = Drawing(text=f"Drawing {number}", blocks=CARD.blocks)
        handle = await client.post({"channel": CHANNEL}, card)
        assert isinstance(handle, Handle)
        message = slack.world.message(channel=handle.channel, ts=handle.ts)
        return message is not None and message.text == card.text

    assert all(await asyncio.gather(*(one(number) for number in range(50))))
    assert logging.getLogger("slack_sdk").level != logging.DEBUG
