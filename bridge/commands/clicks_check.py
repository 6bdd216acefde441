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
        return skipped(_NAME, "say where Slack sends them: askbridge doctor --url https://…/slack/events")
    fix = (
        f"point the app's interactivity URL at a replica's /slack/events, and look: curl -i -X POST {shlex.quote(url)}"
    )
    try:
        unsigned = await _status(url, {}, http)
        if unsigned != 401:
            return failed(_NAME, f"{url} answers an unsigned request with HTTP {unsigned}, and must with 401", fix=fix)
        if secrets is None:
            return skipped(
                _NAME, f"{url} refuses what Slack did not sign; without the signing secret no more can be tried"
            )
        signed = await _status(url, _signed(secrets), http)
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        return failed(_NAME, f"{url} cannot be reached ({network_errors.why(error)})", fix=fix)
    if signed == 200:
        return ok(_NAME, f"{url} takes what is signed with this signing secret, and refuses what is not signed")
    return failed(
        _NAME,
        f"{url} answers a request signed with ASKBRIDGE_SLACK_SIGNING_SECRET with HTTP {signed}, and must with 200",
        fix="give every replica and this machine the signing secret of the app's page Basic Information; if they have "
        "it, look at the line of the clock, and let what is in front of the bridge pass on headers and body unchanged",
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
