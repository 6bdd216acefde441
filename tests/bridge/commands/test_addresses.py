"""Addresses on the command line: Slack ids, and names that the sandbox knows."""

import pytest

from bridge.commands.addresses import Names, Unknown

NAMES = Names(users={"ana": "U0ANA"}, channels={"approvals": "C0APPROVALS"}, known=True)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("@ana", {"user": "U0ANA"}),
        ("#approvals", {"channel": "C0APPROVALS"}),
        ("U012AB3CD", {"user": "U012AB3CD"}),
        ("W012AB3CD", {"user": "W012AB3CD"}),
        ("C012AB3CD", {"channel": "C012AB3CD"}),
        ("D012AB3CD", {"channel": "D012AB3CD"}),
    ],
)
def test_an_address_is_an_id_or_a_name_of_the_sandbox(text: str, address: dict[str, str]) -> None:
    assert NAMES.address(text) == address


@pytest.mark.parametrize(
    ("names", "text", "words"),
    [
        (NAMES, "@zoe", "no @zoe; it has @ana"),
        (NAMES, "#nowhere", "no #nowhere; it has #approvals"),
        (NAMES, "ana", "neither a Slack id"),
        (NAMES, "", "neither a Slack id"),
        (Names(), "@ana", "names are known only in the sandbox"),
        (Names(), "#approvals", "names are known only in the sandbox"),
    ],
)
def test_an_address_that_leads_nowhere_is_told_what_would(names: Names, text: str, words: str) -> None:
    with pytest.raises(Unknown, match=words):
        names.address(text)
