"""The commands. Each ends with 0 when it did what was asked, and with words and 1 when it could not."""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click

import bridge
from bridge import app, config, logs
from storage import errors, migrate

S = TypeVar("S", bound=config.Database)


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Start with `askbridge dev`: it needs no Slack account and no database.",
)
@click.version_option(bridge.__version__, prog_name="askbridge")
def main() -> None:
    """Agents ask, people in Slack answer, exactly once."""


@main.command(epilog="Example: askbridge dev --replicas 2")
@click.option("--replicas", default=1, show_default=True, type=click.IntRange(1, 16), help="How many replicas to run.")
@click.option(
    "--port",
    default=0,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="The first replica's port; the others follow it. 0: any free ones.",
)
@click.option(
    "--slack-port",
    default=0,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="The sandbox Slack's port. 0: any free one.",
)
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    help="A folder to keep the database in. Default: a temporary one, removed at the end.",
)
@click.option(
    "--json", "as_json", is_flag=True, help="Print exactly one line of JSON on stdout once ready; logs go to stderr."
)
def dev(*, replicas: int, port: int, slack_port: int, data: Path | None, as_json: bool) -> None:
    """Run everything on this machine: PostgreSQL, a sandbox Slack with its page, and the bridge.

    It makes a demo organization with an API key, and posts nothing by itself. Ctrl-C ends all of it.
    """
    from bridge import dev as everything

    logs.configure(form="readable")
    options = everything.Options(replicas=replicas, port=port, slack_port=slack_port, data=data)
    try:
        asyncio.run(everything.run(options, on_ready=lambda ready: _tell_ready(ready, as_json=as_json)))
    except everything.Failed as failed:
        _fail(str(failed))


@main.command(epilog="Settings come from the environment (ASKBRIDGE_…); see docs/configuration.md.")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON with the address on stdout once ready.")
def serve(*, as_json: bool) -> None:
    """Run one replica until SIGTERM or Ctrl-C.

    Run as many as you like on one database, behind any balancer; they are all alike.
    """
    settings = _settings(config.Settings)
    logs.configure(form=settings.log)

    def ready(url: str) -> None:
        if as_json:
            click.echo(json.dumps({"url": url, "pid": os.getpid()}))
            sys.stdout.flush()

    try:
        asyncio.run(app.serve(settings, on_ready=ready))
    except (errors.NotMigrated, errors.SchemaTooNew, errors.BadDatabaseUrl) as error:
        _fail(str(error))
    except OSError as error:
        _fail(f"Cannot listen on {settings.host}:{settings.port}: {error.strerror}. Choose another ASKBRIDGE_PORT.")


@main.command("migrate", epilog="Safe to run any number of times, also while replicas are running.")
def migrate_command() -> None:
    """Bring the database to this release's schema."""
    settings = _settings(config.Database)
    try:
        applied = asyncio.run(migrate.migrate(settings.database_url.get_secret_value()))
    except errors.Unavailable as error:
        _fail(f"The database cannot be used: {error.advice} ({error.cause}). Check ASKBRIDGE_DATABASE_URL.")
    except (errors.SchemaTooNew, errors.BadDatabaseUrl) as error:
        _fail(str(error))
    for migration in applied:
        click.echo(f"applied {migration.version:04} {migration.name}")
    if not applied:
        click.echo("nothing to do: the schema is up to date")


def _settings(settings: type[S]) -> S:
    try:
        return config.read(settings)
    except config.Misconfigured as error:
        _fail(str(error))


def _tell_ready(ready: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(ready))
        sys.stdout.flush()
        return
    example = (
        f"  curl -s {ready['bridge_urls'][0]}/v1/interactions?wait=60 \\\n"
        f"    -H 'Authorization: Bearer {ready['api_key']}' -H 'Content-Type: application/json' \\\n"
        """    -d '{"kind": "approval", "title": "Deploy 1.4?", "to": {"channel": "C0APPROVALS"},"""
        """ "responders": {"users": ["U0ANA"]}}'"""
    )
    click.echo(
        f"\nSlack (a sandbox, not Slack)  {ready['slack_url']}\n"
        f"The bridge                    {'  '.join(ready['bridge_urls'])}\n"
        f"API key                       {ready['api_key']}\n"
        f"PostgreSQL                    {ready['database_url']}\n\n"
        f"Ask something:\n\n{example}\n\nCtrl-C ends all of it.\n"
    )


def _fail(words: str) -> NoReturn:
    click.echo(words, err=True)
    sys.exit(1)


if __name__ == "__main__":
    main()
