"""The check of `askbridge doctor --url`: the replicas there take signed requests, and no others."""

import asyncio
import shlex
import time
from collections import Counter
from collections.abc import Sequence

import aiohttp

from bridge import network_errors
from bridge.commands.checks import Check, failed, ok, skipped
from bridge.slack import inbound
from bridge.slack.verify import SigningSecrets

SIGNED_REQUESTS = 8  # to reach every replica behind a load balancer
_NAME = "clicks"
_BODY = b"ssl_check=1"  # what Slack sends to examine a certificate: the bridge answers 200 and does nothing
_UNKNOWN = "only a click shows whether Slack has the same secret: askbridge doctor --click C…"
_FIX = (
    "set ASKBRIDGE_SLACK_SIGNING_SECRET on every replica and on this machine to the Signing Secret of the app's page "
    "Basic Information. If it is the same everywhere, see the line of the clock, and make sure that no proxy in front "
    "of the bridge changes headers or body"
)


async def examine(url: str | None, secrets: SigningSecrets | None, http: aiohttp.ClientSession) -> Check:
    """Send one request without a signature, which must get 401, and some with this signing secret, which must get 200.

    Each is sent over a connection of its own, so that a load balancer spreads them. `secrets` is None when the setting
    is missing or wrong; then only the first is sent.
    """
    if url is None:
        return skipped(
            _NAME, "to check this, give the app's Request URL: askbridge doctor --url https://…/slack/events"
        )
    fix = (
        "set the app's Request URL (its page Interactivity & Shortcuts) to the address of a replica with the path "
        f"/slack/events, and see what answers there: curl -i -X POST {shlex.quote(url)}"
    )
    try:
        unsigned = await _status(url, {}, http)
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        return failed(_NAME, f"{url} cannot be reached ({network_errors.why(error)})", fix=fix)
    if unsigned != 401:
        return failed(_NAME, f"{url} answered an unsigned request with HTTP {unsigned} instead of 401", fix=fix)
    if secrets is None:
        return skipped(
            _NAME, f"{url} refuses unsigned requests; without the signing secret, signed ones cannot be tried"
        )
    signed = _signed(secrets)
    return _judge(url, await asyncio.gather(*(_outcome(url, signed, http) for _ in range(SIGNED_REQUESTS))))


def _judge(url: str, outcomes: Sequence[int | str]) -> Check:
    """The finding for the signed requests; each outcome is an HTTP status, or why there was none."""
    wrong = Counter(outcome for outcome in outcomes if outcome != 200)
    if not wrong:
        return ok(
            _NAME,
            f"{url} accepts requests that are signed with this signing secret, and refuses unsigned ones; {_UNKNOWN}",
        )
    if wrong.total() == len(outcomes) and len(wrong) == 1 and isinstance(outcomes[0], int):
        return failed(
            _NAME,
            f"{url} answered a request signed with ASKBRIDGE_SLACK_SIGNING_SECRET with HTTP {outcomes[0]} instead of "
            "200",
            fix=_FIX,
        )
    got = ", ".join(
        f"{number} of {len(outcomes)} signed requests got "
        f"{outcome if isinstance(outcome, int) else f'no response ({outcome})'}"
        for outcome, number in wrong.items()
    )
    if set(wrong) == {401}:
        return failed(
            _NAME,
            f"{got}: not all replicas have the same secret",
            fix=f"run this against each replica's own address, and {_FIX}",
        )
    return failed(
        _NAME,
        f"{got}: not every replica responds",
        fix="run this against each replica's own address, and read the log of the replica that does not respond",
    )


def _signed(secrets: SigningSecrets) -> dict[str, str]:
    timestamp = str(int(time.time()))
    return {
        "X-Slack-Request-Timestamp": timestamp,
        "X-Slack-Signature": secrets.sign(timestamp=timestamp, body=_BODY),
    }


async def _outcome(url: str, signature: dict[str, str], http: aiohttp.ClientSession) -> int | str:
    try:
        return await _status(url, signature, http)
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        return network_errors.why(error)


async def _status(url: str, signature: dict[str, str], http: aiohttp.ClientSession) -> int:
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "User-Agent": inbound.DOCTOR,
        "Connection": "close",
        **signature,
    }
    async with http.post(url, data=_BODY, headers=headers, allow_redirects=False) as response:
        return response.status
