"""What each failure means: the real SDK against a real server that fails in every way we know of."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, get_args

import aiohttp
import pytest
from aiohttp import web
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bridge.slack import error_table, errors
from bridge.slack.error_table import Meaning
from bridge.slack.errors import BadBlocks, Broken, GiveUp, RetryAfter, SlackFailure

TOKEN = "xoxb-sandbox-secret"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def slack(handler: Handler, *, timeout: float = 5) -> AsyncIterator[AsyncWebClient]:
    """The SDK as we use it, and a server that answers every method by `handler`."""
    app = web.Application()
    app.router.add_route("*", "/api/{method}", handler)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0][:2]
        async with client(f"http://{host}:{port}/api/", timeout=timeout) as found:
            yield found
    finally:
        await runner.cleanup()


@asynccontextmanager
async def client(base_url: str, *, timeout: float = 5) -> AsyncIterator[AsyncWebClient]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=timeout)) as session:
        yield AsyncWebClient(token=TOKEN, base_url=base_url, session=session, retry_handlers=[])


async def failure_of(found: AsyncWebClient) -> SlackFailure:
    """Post, and classify what came of it."""
    try:
        await found.chat_postMessage(channel="C0APPROVALS", text="Deploy?")
    except Exception as error:  # noqa: BLE001  -- classify is to know every one
        failure: SlackFailure = errors.classify(error)
    else:
        pytest.fail("the call did not fail")
    assert TOKEN not in repr(failure)
    assert "127.0.0.1" not in repr(failure)
    assert type(failure) in get_args(SlackFailure)
    return failure


async def failure_after(handler: Handler, *, timeout: float = 5) -> SlackFailure:
    async with slack(handler, timeout=timeout) as found:
        return await failure_of(found)


def answer(
    body: str = "",
    *,
    status: int = 200,
    content_type: str | None = "application/json; charset=utf-8",
    headers: dict[str, str] | None = None,
) -> Handler:
    """A handler that always answers this."""

    async def handle(_: web.Request) -> web.Response:
        given = dict(headers or {}) | ({"Content-Type": content_type} if content_type else {})
        return web.Response(body=body.encode("utf-8", "surrogateescape"), status=status, headers=given)

    return handle


def refusal(error: object, **more: Any) -> Handler:
    return answer(json.dumps({"ok": False, "error": error, **more}))


OUTCOMES: dict[Meaning, type[SlackFailure]] = {
    Meaning.LIMITED: RetryAfter,
    Meaning.NOT_NOW: RetryAfter,
    Meaning.UNKNOWN: RetryAfter,
    Meaning.GIVE_UP: GiveUp,
    Meaning.BAD_BLOCKS: BadBlocks,
    Meaning.BROKEN: Broken,
}


def kind(failure: SlackFailure) -> tuple[str, str, bool]:
    return type(failure).__name__, failure.code, getattr(failure, "ambiguous", False)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7),
        ({"retry-after": "30"}, 30),
        ({"Retry-After": "0"}, 1),
        ({"Retry-After": "999999999"}, errors.MAX_LIMITED_FOR),
        ({"Retry-After": "9" * 400}, errors.LIMITED_FOR),
        ({"Retry-After": "-5"}, errors.LIMITED_FOR),
        ({"Retry-After": "1.5"}, errors.LIMITED_FOR),
        ({"Retry-After": "soon"}, errors.LIMITED_FOR),
        ({"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}, errors.LIMITED_FOR),
        ({"Retry-After": ""}, errors.LIMITED_FOR),
        ({}, errors.LIMITED_FOR),
    ],
)
async def test_too_fast_pauses_for_as_long_as_slack_says_or_a_little(headers: dict[str, str], seconds: float) -> None:
    body = '{"ok":false,"error":"ratelimited"}'
    failure = await failure_after(answer(body, status=429, headers=headers))

    assert failure == errors.limited(seconds)
    assert (failure.code, failure.detail, failure.seconds) == ("rate_limited", "Slack asked for a pause.", seconds)
    assert failure.limited and not failure.ambiguous


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("", None),
        ("<html>slow down</html>", "text/html"),
        ("slow down", "text/plain"),
        ('{"ok":fal', "application/json"),
    ],
)
async def test_too_fast_is_understood_whatever_the_body(body: str, content_type: str | None) -> None:
    """slack_sdk hands over its own response, a string, or aiohttp's response; the status and the header are in each."""
    handler = answer(body, status=429, content_type=content_type, headers={"Retry-After": "3"})

    failure = await failure_after(handler)

    assert isinstance(failure, RetryAfter) and failure.seconds == 3


async def test_too_fast_may_also_come_with_200() -> None:
    failure = await failure_after(refusal("rate_limited"))

    assert isinstance(failure, RetryAfter) and failure.limited


@pytest.mark.parametrize(
    ("handler", "expected"),
    [
        (answer("<html>", status=500, content_type="text/html"), "slack_unavailable"),
        (answer("oh", status=502, content_type="text/plain"), "slack_unavailable"),
        (answer("", status=503, content_type=None), "slack_unavailable"),
        (answer("{", status=504), "slack_unavailable"),
        (answer('{"ok":false,"error":"wat"}', status=500), "slack_unavailable"),
        (answer('{"ok":true}', status=500), "slack_unavailable"),
        (answer(""), "slack_unreadable"),
        (answer("", content_type=None), "slack_unreadable"),
        (answer('{"ok":true,"ts":"17'), "slack_unreadable"),
        (answer("{}"), "slack_unreadable"),
        (answer("[]"), "slack_unreadable"),
        (answer("[1]"), "slack_unreadable"),
        (answer("null"), "slack_unreadable"),
        (answer("1"), "slack_unreadable"),
        (answer('"ok"'), "slack_unreadable"),
        (answer('{"ok":false}'), "slack_unreadable"),
        (answer('{"ok":false,"error":""}'), "slack_unreadable"),
        (answer('{"ok":false,"error":{"a":1}}'), "slack_unreadable"),
        (answer('{"ok":null,"error":"wat"}'), "slack_unreadable"),
        (answer("\udcff\udcfe"), "slack_unreadable"),
        (answer("ok", content_type="text/plain"), "slack_unreadable"),
        (answer("<html>sign in to the network</html>", content_type="text/html"), "slack_unreadable"),
        (refusal("internal_error"), "slack_unavailable"),
        (refusal("fatal_error"), "slack_unavailable"),
        (answer('{"n":' + "9" * 5_000 + "}"), "unexpected_error"),
        (answer("[" * 100_000), "unexpected_error"),
    ],
)
async def test_an_unreliable_answer_is_ambiguous(handler: Handler, expected: str) -> None:
    assert kind(await failure_after(handler)) == ("RetryAfter", expected, True)


async def test_an_answer_that_does_not_come_in_time_is_ambiguous() -> None:
    async def hang(_: web.Request) -> web.Response:
        await asyncio.Event().wait()
        raise AssertionError

    assert kind(await failure_after(hang, timeout=0.2)) == ("RetryAfter", "slack_timeout", True)


async def test_a_connection_cut_before_the_answer_is_ambiguous() -> None:
    async def cut(request: web.Request) -> web.Response:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    assert kind(await failure_after(cut)) == ("RetryAfter", "slack_disconnected", True)


async def test_a_connection_cut_within_the_answer_is_ambiguous() -> None:
    async def cut(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": "100"})
        await response.prepare(request)
        await response.write(b'{"ok":true')
        assert request.transport is not None
        request.transport.abort()
        return response

    assert kind(await failure_after(cut)) == ("RetryAfter", "slack_disconnected", True)


async def test_an_answer_that_is_no_http_is_ambiguous() -> None:
    async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(babble, "127.0.0.1", 0)
    async with server, client(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/api/") as found:
        assert kind(await failure_of(found)) == ("RetryAfter", "slack_disconnected", True)


async def test_a_refused_connection_is_not_ambiguous(unused_tcp_port: int) -> None:
    async with client(f"http://127.0.0.1:{unused_tcp_port}/api/") as found:
        assert kind(await failure_of(found)) == ("RetryAfter", "slack_unreachable", False)


async def test_an_unknown_host_is_not_ambiguous() -> None:
    async with client("http://slack.invalid/api/") as found:
        assert kind(await failure_of(found)) == ("RetryAfter", "slack_unreachable", False)


async def test_a_host_without_tls_is_not_ambiguous() -> None:
    async with slack(answer("{}")) as plain, client(plain.base_url.replace("http:", "https:")) as found:
        assert kind(await failure_of(found)) == ("RetryAfter", "slack_unreachable", False)


@pytest.mark.parametrize("status", [400, 403, 404, 407, 413])
async def test_a_no_that_is_not_slacks_was_not_applied(status: int) -> None:
    handler = answer("<html>", status=status, content_type="text/html")

    assert kind(await failure_after(handler)) == ("RetryAfter", "slack_unreachable", False)


@pytest.mark.parametrize(
    ("error", "expected"),
    [(error, row) for row in error_table.ROWS for error in row.errors],
    ids=lambda value: str(value)[:40],
)
async def test_every_error_of_the_table_reaches_its_outcome(error: str, expected: error_table.Row) -> None:
    failure = await failure_after(refusal(error))

    assert type(failure) is OUTCOMES[expected.meaning]
    if isinstance(failure, RetryAfter):
        assert failure.ambiguous is (expected.meaning is Meaning.UNKNOWN)
        assert failure.limited is (expected.meaning is Meaning.LIMITED)
    assert failure.code == expected.code
    assert failure.fix == expected.fix
    assert expected.meaning is Meaning.LIMITED or error in failure.detail


@pytest.mark.parametrize(
    ("error", "outcome", "code"),
    [
        ("channel_not_found", GiveUp, "channel_not_found"),
        ("not_in_channel", GiveUp, "not_in_channel"),
        ("is_archived", GiveUp, "channel_archived"),
        ("restricted_action", GiveUp, "posting_restricted"),
        ("restricted_action_by_a_rule_of_next_year", GiveUp, "posting_restricted"),
        ("messages_tab_disabled", GiveUp, "messages_tab_off"),
        ("message_not_found", GiveUp, "card_gone"),
        ("edit_window_closed", GiveUp, "card_frozen"),
        ("invalid_blocks", BadBlocks, "card_refused"),
        ("invalid_blocks_tomorrow", BadBlocks, "card_refused"),
        ("invalid_metadata_of_some_kind", BadBlocks, "card_refused"),
        ("msg_too_long", BadBlocks, "card_too_long"),
        ("msg_blocks_too_long", BadBlocks, "card_too_long"),
        ("invalid_auth", Broken, "token_refused"),
        ("token_revoked", Broken, "token_refused"),
        ("account_inactive", Broken, "token_refused"),
        ("missing_scope", Broken, "scope_missing"),
        ("invalid_ts_latest", GiveUp, "request_refused"),
        ("something_slack_invents_tomorrow", GiveUp, "slack_error"),
    ],
)
async def test_codes_are_told_to_agents_and_do_not_change(error: str, outcome: type[SlackFailure], code: str) -> None:
    failure = await failure_after(refusal(error))

    assert (type(failure), failure.code) == (outcome, code)
    assert errors.reason(failure) == {"code": code, "detail": f"Slack said {error}.", "fix": failure.fix}


async def test_a_known_error_counts_whatever_the_status() -> None:
    body = '{"ok":false,"error":"channel_not_found"}'

    assert kind(await failure_after(answer(body, status=404))) == ("GiveUp", "channel_not_found", False)


async def test_a_missing_scope_is_named() -> None:
    failure = await failure_after(refusal("missing_scope", needed="im:write", provided="chat:write"))

    assert failure.detail == "Slack said missing_scope; needed: im:write."


async def test_slacks_remarks_on_blocks_are_quoted_short_and_printable() -> None:
    remarks = [
        "[ERROR] must be more than 0 characters [json-pointer:/blocks/0/text]",
        "a\x00\nb",
        5,
        "x" * 1_000,
        "more",
    ]
    failure = await failure_after(refusal("invalid_blocks", response_metadata={"messages": remarks}))

    assert failure.detail == f"Slack said invalid_blocks; {remarks[0]}; a  b."
    both = refusal("invalid_blocks", errors=["said shorter"], response_metadata={"messages": ["said longer"]})
    assert (await failure_after(both)).detail == "Slack said invalid_blocks; said longer."
    assert len((await failure_after(refusal("x" * 5_000, errors=["y" * 5_000] * 50))).detail) < 1_100


async def test_a_body_of_the_wrong_shape_is_no_surprise() -> None:
    shapes: list[Any] = [None, [], {"messages": {}}, {"messages": [None, {}]}, "x"]
    for metadata in shapes:
        failure = await failure_after(refusal("invalid_blocks", response_metadata=metadata, errors=metadata, needed=[]))

        assert failure.detail == "Slack said invalid_blocks."


def test_an_error_made_of_a_plain_dict_is_understood() -> None:
    def refused(response: object) -> SlackFailure:
        return errors.classify(SlackApiError("refused", response))  # type: ignore[no-untyped-call]  # the SDK's

    assert refused({"ok": False, "error": "not_in_channel"}).code == "not_in_channel"
    assert kind(refused(None)) == ("RetryAfter", "slack_unreadable", True)


@pytest.mark.parametrize("error", [ValueError(TOKEN), AttributeError("ours"), RecursionError(), RuntimeError(TOKEN)])
def test_a_surprise_is_retried_as_ambiguous_and_shows_only_its_type(error: Exception) -> None:
    failure = errors.classify(error)

    assert kind(failure) == ("RetryAfter", "unexpected_error", True)
    assert type(error).__name__ in failure.detail
    assert TOKEN not in repr(failure)


def test_no_error_stands_in_the_table_twice_and_each_row_says_what_to_do() -> None:
    listed = [error for row in error_table.ROWS for error in row.errors]

    assert len(listed) == len({*listed})
    for row in error_table.ROWS:
        assert row.code.replace("_", "a").isalpha() and row.code == row.code.lower()
        assert row.fix.endswith(".") and (row.errors or row.code in OF_PEOPLE)


OF_PEOPLE = {"user_deactivated", "user_is_bot", "user_is_outsider"}  # found out by `users.info`, not by an error
COMMON = (
    "invalid_auth not_authed account_inactive token_revoked token_expired no_permission missing_scope "
    "not_allowed_token_type org_login_required team_access_not_granted team_added_to_org access_denied accesslimited "
    "enterprise_is_restricted ekm_access_denied ratelimited request_timeout service_unavailable internal_error "
    "fatal_error invalid_arguments invalid_arg_name invalid_array_arg invalid_charset invalid_form_data "
    "invalid_post_type missing_post_type method_deprecated deprecated_endpoint two_factor_setup_required"
)
OF_METHODS = (
    "channel_not_found not_in_channel is_archived no_text invalid_blocks invalid_blocks_format msg_blocks_too_long "
    "msg_too_long invalid_attachments too_many_attachments metadata_too_large invalid_metadata_format "
    "metadata_must_be_sent_from_app restricted_action restricted_action_read_only_channel "
    "restricted_action_thread_only_channel restricted_action_non_threadable_channel restricted_action_thread_locked "
    "messages_tab_disabled cannot_reply_to_message message_limit_exceeded rate_limited team_not_found "
    "message_not_found cant_update_message edit_window_closed is_inactive block_mismatch streaming_state_conflict "
    "update_failed external_channel_migrating cant_delete_message compliance_exports_prevent_deletion "
    "user_not_in_channel expired_trigger_id exchanged_trigger_id invalid_trigger_id duplicate_external_id "
    "view_too_large not_found hash_conflict push_limit_reached not_enabled user_not_found user_not_visible "
    "user_disabled not_enough_users too_many_users users_list_not_supplied invalid_cursor thread_not_found "
    "no_such_subteam missing_args forbidden_team insecure_request invalid_code bad_redirect_uri bad_client_secret "
    "invalid_client_id invalid_refresh_token invalid_grant_type cannot_install_an_org_installed_app "
    "client_id_token_mismatch markdown_text_conflict"
)


@pytest.mark.parametrize("error", f"{COMMON} {OF_METHODS}".split())
def test_every_error_slack_documents_is_known(error: str) -> None:
    assert error_table.find(error) is not None
