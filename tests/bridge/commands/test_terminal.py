"""What servers sent, on a terminal."""

import pytest

from bridge.commands import checks, doctor, terminal


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain, with ümlauts and 漢字", "plain, with ümlauts and 漢字"),
        ("\x1b[31mred\x1b[0m", "?[31mred?[0m"),
        ("\x1b]52;c;cm0gLXJm\x07", "?]52;c;cm0gLXJm?"),
        ("\x9b2J", "?2J"),
        ("over\rwritten\x08\x7f", "over written??"),
        ("two\nlines\u2028and\x85more", "two lines and more"),
        ("\u202edeined\u2066 by\u200b @ana", "?deined? by? @ana"),
        ("👩\u200d💻 and न\u200cम", "👩\u200d💻 and न\u200cम"),
        ("\ud800", "?"),
    ],
    ids=ascii,
)
def test_what_a_server_sent_is_one_line_without_control_sequences(text: str, shown: str) -> None:
    assert terminal.one_line(text) == shown


def test_a_finding_of_doctor_quotes_without_control_sequences() -> None:
    line = doctor.line(checks.failed("token", "Slack answered \x1b[2Jno\nok      token", fix="set it anew"))

    assert line == "failed  token: Slack answered ?[2Jno ok token. To fix it: set it anew"
