"""`python -m sandbox.slack`: runs the sandbox as its own process, which prints one line of JSON when it is ready."""

import argparse
import asyncio
import json
import logging
import os
import signal
import sys
import time
from pathlib import Path

from sandbox import output
from sandbox.slack import seed
from sandbox.slack.kept_messages import DamagedError
from sandbox.slack.model import Installation, Json
from sandbox.slack.seed import SeedError
from sandbox.slack.server import Sandbox

log = logging.getLogger("sandbox.slack")


def main() -> None:
    """Run until SIGTERM or SIGINT; both end the process at once with status 0."""
    with output.in_order("the sandbox Slack"):
        _log_as_the_replicas_do()
        options = _options()
        try:
            asyncio.run(_run(options))
        except (SeedError, DamagedError) as error:
            sys.exit(str(error))
        except OSError as error:
            sys.exit(f"The sandbox Slack cannot listen on 127.0.0.1:{options.port}: {error.strerror}.")


async def _run(options: argparse.Namespace) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    async with Sandbox(
        port=options.port,
        seed_file=options.seed,
        bot_token=options.bot_token,
        signing_secret=options.signing_secret,
        request_urls=tuple(options.request_url),
        posting_limit=options.posting_limit,
        messages=options.messages,
    ) as slack:
        installations = [_credentials(installation) for installation in slack.world.installations.all]
        started = {
            "slack_url": slack.url,
            "pid": os.getpid(),
            **installations[0],
            "installations": installations,
        }
        output.say(json.dumps(started))
        log.info('sandbox_started url=%s means="this is not Slack"', slack.url)
        await stopping.wait()


def _credentials(installation: Installation) -> Json:
    """The ids and secrets with which an app uses its installation, for the process that starts the sandbox."""
    return {
        "app_id": installation.id,
        "team_id": installation.team_id,
        "enterprise_id": installation.enterprise_id,
        "bot_user_id": installation.bot_user_id,
        "bot_token": installation.bot_token,
        "signing_secret": installation.signing_secret,
    }


def _log_as_the_replicas_do() -> None:
    """Log in the format of the replicas: `askbridge dev` writes the lines of all processes to one terminal."""
    for level in (logging.INFO, logging.WARNING, logging.ERROR):
        logging.addLevelName(level, logging.getLevelName(level).lower())
    form = logging.Formatter("%(asctime)s.%(msecs)03d [%(levelname)s] %(message)s", datefmt="%Y-%m-%d %H:%M:%S")
    form.converter = time.gmtime
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(form)
    logging.basicConfig(handlers=[handler], level=logging.INFO)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m sandbox.slack", description="A believable Slack on this machine. It is not Slack."
    )
    parser.add_argument("--port", type=int, default=0, help="0: any free one")
    parser.add_argument(
        "--seed", type=Path, default=seed.BUILT_IN, metavar="FILE", help="the world at the start; default: seed.toml"
    )
    parser.add_argument("--bot-token", default=None, help="default: a new random one")
    parser.add_argument("--signing-secret", default=None, help="default: a new random one")
    parser.add_argument("--request-url", action="append", default=[], help="where clicks go; may be repeated")
    parser.add_argument(
        "--messages", type=Path, default=None, metavar="FILE", help="keep the messages in this file between starts"
    )
    parser.add_argument(
        "--no-posting-limit",
        dest="posting_limit",
        action="store_false",
        help="allow more than one message per second and channel, and any number of calls of each method",
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
