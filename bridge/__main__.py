"""The commands. Each ends with 0 when it did what was asked, and with words when it could not."""

import click

import bridge
from bridge.commands import ask, connections, dev, doctor, keys, organizations, serve


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Start with `askbridge dev`: it needs no Slack account and no database.",
)
@click.version_option(bridge.__version__, prog_name="askbridge")
def main() -> None:
    """Agents ask, people in Slack answer, exactly once."""


for command in (
    dev.dev,
    serve.serve,
    serve.migrate,
    ask.ask,
    doctor.doctor,
    keys.group,
    organizations.group,
    connections.group,
):
    main.add_command(command)


if __name__ == "__main__":
    main()
