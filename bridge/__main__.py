"""The commands. Each ends with 0 when it did what was asked, and with words when it could not."""

from bridge.commands.importing import silently_interrupted

with silently_interrupted():
    import locale  # noqa: F401  -- gettext imports it when click first says something, which is right below

    import click

    import bridge
    from bridge.commands.program import Program

COMMANDS = {
    "ask": "ask:ask",
    "connections": "connections:group",
    "dev": "dev:dev",
    "doctor": "doctor:doctor",
    "keys": "keys:group",
    "migrate": "migrate:migrate",
    "organizations": "organizations:group",
    "serve": "serve:serve",
}
"""Each command by its name: its module in `bridge.commands` and what it is called there."""


@click.group(
    cls=Program,
    places=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Start with `askbridge dev`: it needs no Slack account and no database.",
)
@click.version_option(bridge.__version__, prog_name="askbridge")
def main() -> None:
    """Agents ask, people in Slack answer, exactly once."""


if __name__ == "__main__":
    main()
