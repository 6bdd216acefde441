"""`python -m sandbox.slack`: runs the sandbox as its own process, which prints one line of JSON when it is ready."""

import argparse
import asyncio
import json
import logging
import os
import signal
import sys
import time

from sandbox import output
from sandbox.slack.server import Sandbox

log = logging.getLogger("sandbox.slack")


def main() -> None:
    """Run until SIGTERM or SIGINT; both end the process at once with status 0."""
    with output.in_order("the sandbox Slack"):
        _log_as_the_replicas_do()
        options = _options()
        try:
            asyncio.run(_run(options))
        except OSError as error:
            sys.exit(f"The sandbox Slack cannot listen on 127.0.0.1:{options.port}: {error.strerror}.")


async def _run(options: argparse.Namespace) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    async with Sandbox(
        port=options.port,
        bot_token=options.bot_token,
        signing_secret=options.signing_secret,
        request_urls=tuple(options.request_url),
        posting_limit=options.posting_limit,
    ) as slack:
        app = slack.world.app
        started = {
            "slack_url": slack.url,
            "pid": os.getpid(),
            "app_id": app.id,
            "team_id": slack.world.workspace.id,
            "bot_token": app.bot_token,
            "bot_user_id": app.bot_user_id,
            "signing_secret": app.signing_secret,
        }
        output.say(json.dumps(started))
        log.info('sandbox_started url=%s means="this is not Slack"', slack.url)
        await stopping.wait()


def _log_as_the_replicas_do() -> None:
    """Log in the format of the replicas: `askbridge dev` writes the lines of all processes to one terminal."""
    form = logging.Formatter("%(asctime)s.%(msecs)03d %(message)s", datefmt="%H:%M:%S")
    form.converter = time.gmtime
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(form)
    logging.basicConfig(handlers=[handler], level=logging.INFO)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m sandbox.slack", description="A believable Slack on this machine. It is not Slack."
    )
    parser.add_argument("--port", type=int, default=0, help="0: any free one")
    parser.add_argument("--bot-token", default=None, help="default: a new random one")
    parser.add_argument("--signing-secret", default=None, help="default: a new random one")
    parser.add_argument("--request-url", action="append", default=[], help="where clicks go; may be repeated")
    parser.add_argument(
        "--no-posting-limit",
        dest="posting_limit",
        action="store_false",
        help="allow more than one message per second and channel",
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
