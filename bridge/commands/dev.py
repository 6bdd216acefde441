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
  askbridge dev --data ./demo --fresh
  askbridge dev --json

Exit status: 0 stopped with Ctrl-C or SIGTERM; 1 something did not start, and stderr says what; 2 wrong usage."""
)
@click.option(
    "--replicas", default=1, show_default=True, type=terminal.WholeNumber(1, 16), help="How many replicas to run."
)
@click.option(
    "--port",
    type=terminal.WholeNumber(0, 65535),
    help="The first replica's port; the others follow it. 0: any free ones. Default: as at the last start with --data.",
)
@click.option(
    "--slack-port",
    type=terminal.WholeNumber(0, 65535),
    help="The sandbox Slack's port. 0: any free one. Default: as at the last start with --data.",
)
@click.option(
    "--data",
    type=a_folder,
    metavar="FOLDER",
    help="A folder to keep the database, messages, ports and API key in. Default: a temporary one, removed at the end.",
)
@click.option("--fresh", is_flag=True, help="Start anew: delete first what earlier starts kept in the --data folder.")
@click.option("--metrics", is_flag=True, help="Let every replica show metrics, on a free port of its own.")
@click.option(
    "--json", "as_json", is_flag=True, help="Print exactly one line of JSON on stdout once ready; logs go to stderr."
)
def dev(
    *,
    replicas: int,
    port: int | None,
    slack_port: int | None,
    data: Path | None,
    fresh: bool,
    metrics: bool,
    as_json: bool,
) -> None:
    """Run everything on this machine: PostgreSQL, a sandbox Slack with its page, and the bridge.

    It makes a demo organization with an API key, and posts nothing by itself. Ctrl-C ends all of it.
    """
    from bridge import dev as everything

    last = (port or 0) + replicas - 1
    if port and last > 65535:
        raise click.BadParameter(
            f"{replicas} replicas need ports up to {last}, and there is none above 65535.", param_hint="--port"
        )
    if port and slack_port and port <= slack_port <= last:
        raise click.BadParameter(
            f"{slack_port} is one of the replicas' ports, {port} to {last}.", param_hint="--slack-port"
        )
    if fresh and data is None:
        raise click.BadParameter("needs --data: without a data folder every start is a new one.", param_hint="--fresh")
    logs.configure(form="readable")
    options = everything.Options(
        replicas=replicas, port=port, slack_port=slack_port, data=data, fresh=fresh, metrics=metrics
    )
    try:
        asyncio.run(everything.run(options, on_ready=lambda ready: print_ready(ready, as_json=as_json, data=data)))
    except everything.ChildFailed as failed:
        terminal.fail(str(failed))


def print_ready(ready: dict[str, Any], *, as_json: bool, data: Path | None = None) -> None:
    """Print the addresses and the key, as one line of JSON or as text with commands to try."""
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
    report = (
        '  curl -s "$ASKBRIDGE_URL/v1/recoveries" \\\n'
        "    -H \"Authorization: Bearer $ASKBRIDGE_KEY\" -H 'Content-Type: application/json' \\\n"
        """    -d '{"source": {"type": "build", "id": "4711"}, "kind": "timeout", "cause": "No response.","""
        """ "fingerprint": "no-response", "next_action": "Restart the runner."}'"""
    )
    notes = "".join(f"Note: {note}\n" for note in ready["notes"])
    click.echo(
        f"\n{_addresses(ready)}\n\n"
        f"Ask something in another terminal, as a command or over HTTP:\n\n{exports}\n\n{command}\n\n{example}\n\n"
        f"Or report that something is stuck, which has a card in #approvals:\n\n{report}\n\n"
        f"{notes}{_kept(data)}Ctrl-C ends all of it.\n"
    )


def _addresses(ready: dict[str, Any]) -> str:
    """A table of what runs where, with a line for each person's view of the sandbox Slack."""
    rows = [["Slack (a sandbox, not Slack)", ready["slack_url"]]]
    rows += [[f"  as @{view['name']} ({view['real_name']})", view["url"]] for view in ready["views"]]
    rows.append(["The bridge", "  ".join(ready["bridge_urls"])])
    if urls := ready.get("metrics_urls"):
        rows.append(["Metrics", "  ".join(urls)])
    return terminal.table([*rows, ["API key", ready["api_key"]], ["PostgreSQL", ready["database_url"]]])


def _kept(data: Path | None) -> str:
    if data is None:
        return ""
    return (
        f"The database, the sandbox's messages, the ports and the API key stay in {data} for the next start.\n"
        "To start anew, add --fresh (with make: make dev FRESH=1).\n"
    )
