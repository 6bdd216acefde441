"""The check of `askbridge doctor --url`: the bridge there takes signed requests, and no others."""

import shlex
import time

import aiohttp

from bridge import network_errors
from bridge.commands.checks import Check, failed, ok, skipped
from bridge.slack.verify import SigningSecrets

_NAME = "clicks"
_BODY = b"ssl_check=1"  # what Slack sends to examine a certificate: the bridge answers 200 and does nothing


async def examine(url: str | None, secrets: SigningSecrets | None, http: aiohttp.ClientSession) -> Check:
    """Send one request without a signature, which must get 401, and one with this signing secret, which must get 200.

    `secrets` is None when the setting is missing or wrong; then only the first is sent.
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
        if unsigned != 401:
            return failed(_NAME, f"{url} answered an unsigned request with HTTP {unsigned} instead of 401", fix=fix)
        if secrets is None:
            return skipped(
                _NAME, f"{url} refuses unsigned requests; without the signing secret, signed ones cannot be tried"
            )
        signed = await _status(url, _signed(secrets), http)
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        return failed(_NAME, f"{url} cannot be reached ({network_errors.why(error)})", fix=fix)
    if signed == 200:
        return ok(_NAME, f"{url} accepts requests that are signed with this signing secret, and refuses unsigned ones")
    return failed(
        _NAME,
        f"{url} answered a request signed with ASKBRIDGE_SLACK_SIGNING_SECRET with HTTP {signed} instead of 200",
        fix="set ASKBRIDGE_SLACK_SIGNING_SECRET on every replica and on this machine to the Signing Secret of the "
        "app's page Basic Information. If it is the same everywhere, see the line of the clock, and make sure that no "
        "proxy in front of the bridge changes headers or body",
    )


def _signed(secrets: SigningSecrets) -> dict[str, str]:
    timestamp = str(int(time.time()))
    return {
        "X-Slack-Request-Timestamp": timestamp,
        "X-Slack-Signature": secrets.sign(timestamp=timestamp, body=_BODY),
    }


async def _status(url: str, signature: dict[str, str], http: aiohttp.ClientSession) -> int:
    headers = {"Content-Type": "application/x-www-form-urlencoded", **signature}
    async with http.post(url, data=_BODY, headers=headers, allow_redirects=False) as response:
        return response.status
