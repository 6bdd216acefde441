"""The command line. A command ends with 0 when it succeeded, and with a message on stderr when it did not."""

from bridge.commands.importing import program_imports

with program_imports():
    import locale  # noqa: F401  -- gettext imports it when click first prints, which happens below

    import click

    import bridge
    from bridge.commands.program import Program

COMMANDS = {
    "ask": "ask:ask",
    "cancel": "cancel:cancel",
    "connections": "connections:group",
    "dev": "dev:dev",
    "doctor": "doctor:doctor",
    "keys": "keys:group",
    "list": "list_questions:list_questions",
    "migrate": "migrate:migrate",
    "organizations": "organizations:group",
    "receipt": "receipt:receipt",
    "serve": "serve:serve",
    "show": "show:show",
    "wait": "wait:wait",
}
"""Each command's `module:function` in `bridge.commands`."""


@click.group(
    cls=Program,
    commands_by_name=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Start with `askbridge dev`: it needs no Slack account and no database.",
)
@click.version_option(bridge.__version__, prog_name="askbridge")
def main() -> None:
    """Agents ask, people in Slack answer, exactly once."""


if __name__ == "__main__":
    main()
