"""The commands. Each ends with 0 when it did what was asked, and with words when it could not."""

import contextlib
import signal
from collections.abc import Iterator


@contextlib.contextmanager
def _silently_interrupted() -> Iterator[None]:
    """While the imports take their half second, Ctrl-C ends the process without a traceback through all of them."""
    ours = signal.getsignal(signal.SIGINT) is signal.default_int_handler  # and not ignored, as behind nohup
    if ours:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    yield
    if ours:
        signal.signal(signal.SIGINT, signal.default_int_handler)


with _silently_interrupted():
    import click

    import bridge
    from bridge.commands import ask, connections, dev, doctor, keys, organizations, serve
    from bridge.commands.program import Program


@click.group(
    cls=Program,
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
