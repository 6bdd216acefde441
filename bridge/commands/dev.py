"""`askbridge dev`: runs PostgreSQL, a sandbox Slack and the bridge on this machine."""

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

import click

from bridge import logs
from bridge.commands import terminal


def a_folder(value: str) -> Path:
    """The reader of an argument that is a folder, or a path where one can be created."""
    if not value.strip():  # usually an unset variable of a script; the current folder is `.`
        raise click.BadParameter("must not be blank.")
    if os.path.exists(value) and not os.path.isdir(value):  # noqa: PTH110, PTH112  -- pathlib's raise without permission
        raise click.BadParameter(f"{value!r} is no folder.")
    return Path(value)


@click.command(
    epilog="""\b
Examples:
  askbridge dev
  askbridge dev --replicas 2 --data ./demo
  askbridge dev --json

Exit status: 0 stopped with Ctrl-C or SIGTERM; 1 something did not start, and stderr says what; 2 typed wrongly."""
)
@click.option(
    "--replicas", default=1, show_default=True, type=terminal.WholeNumber(1, 16), help="How many replicas to run."
)
@click.option(
    "--port",
    default=0,
    show_default=True,
    type=terminal.WholeNumber(0, 65535),
    help="The first replica's port; the others follow it. 0: any free ones.",
)
@click.option(
    "--slack-port",
    default=0,
    show_default=True,
    type=terminal.WholeNumber(0, 65535),
    help="The sandbox Slack's port. 0: any free one.",
)
@click.option(
    "--data",
    type=a_folder,
    metavar="FOLDER",
    help="A folder to keep the database in. Default: a temporary one, removed at the end.",
)
@click.option("--metrics", is_flag=True, help="Let every replica show metrics, on a free port of its own.")
@click.option(
    "--json", "as_json", is_flag=True, help="Print exactly one line of JSON on stdout once ready; logs go to stderr."
)
def dev(*, replicas: int, port: int, slack_port: int, data: Path | None, metrics: bool, as_json: bool) -> None:
    """Run everything on this machine: PostgreSQL, a sandbox Slack with its page, and the bridge.

    It makes a demo organization with an API key, and posts nothing by itself. Ctrl-C ends all of it.
    """
    from bridge import dev as everything

    last = port + replicas - 1
    if port and last > 65535:
        raise click.BadParameter(
            f"{replicas} replicas need ports up to {last}, and there is none above 65535.", param_hint="--port"
        )
    if port and port <= slack_port <= last:
        raise click.BadParameter(
            f"{slack_port} is one of the replicas' ports, {port} to {last}.", param_hint="--slack-port"
        )
    logs.configure(form="readable")
    options = everything.Options(replicas=replicas, port=port, slack_port=slack_port, data=data, metrics=metrics)
    try:
        asyncio.run(everything.run(options, on_ready=lambda ready: print_ready(ready, as_json=as_json)))
    except everything.ChildFailed as failed:
        terminal.fail(str(failed))


def print_ready(ready: dict[str, Any], *, as_json: bool) -> None:
    """Print the addresses and the key, as one line of JSON or as text with two commands to try."""
    if as_json:
        terminal.print_json(ready)
        return
    bridge = ready["bridge_urls"][0]
    askbridge = Path(sys.executable).with_name("askbridge")
    exports = f"  export ASKBRIDGE_URL={bridge} ASKBRIDGE_KEY={ready['api_key']}"
    command = (
        f"  {askbridge} ask 'Deploy 1.4?' --to '#approvals' --responder @ana --approve \\\n"
        f"    --slack-url {ready['slack_url']}"
    )
    example = (
        '  curl -s "$ASKBRIDGE_URL/v1/interactions?wait=50" \\\n'
        "    -H \"Authorization: Bearer $ASKBRIDGE_KEY\" -H 'Content-Type: application/json' \\\n"
        """    -d '{"kind": "approval", "title": "Deploy 1.4?", "to": {"channel": "C0APPROVALS"},"""
        """ "responders": {"users": ["U0ANA"]}}'"""
    )
    metrics = f"Metrics                       {'  '.join(urls)}\n" if (urls := ready.get("metrics_urls")) else ""
    click.echo(
        f"\nSlack (a sandbox, not Slack)  {ready['slack_url']}\n"
        f"The bridge                    {'  '.join(ready['bridge_urls'])}\n"
        f"{metrics}"
        f"API key                       {ready['api_key']}\n"
        f"PostgreSQL                    {ready['database_url']}\n\n"
        f"Ask something in another terminal, as a command or over HTTP:\n\n{exports}\n\n{command}\n\n{example}\n\n"
        "Ctrl-C ends all of it.\n"
    )
