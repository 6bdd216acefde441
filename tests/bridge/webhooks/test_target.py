"""Addresses that agents want to be called at: which are refused before anything is stored, and why."""

import pytest

from bridge.webhooks.guard import Guard
from bridge.webhooks.target import BadTarget, check

LOCAL = Guard.read("127.0.0.0/8")

WRONG = [
    ("", "must start with https"),
    ("hooks.example.com/x", "must start with https"),
    ("ftp://hooks.example.com/x", "must start with https"),
    ("file:///etc/passwd", "must start with https"),
    ("gopher://hooks.example.com/", "must start with https"),
    ("http://hooks.example.com/x", "must start with https"),
    ("https://", "has no host"),
    ("https:///x", "has no host"),
    ("https://user:secret@hooks.example.com/", "must not contain a user"),
    ("https://user@hooks.example.com/", "must not contain a user"),
    ("https://hooks.example.com@127.0.0.1/", "must not contain a user"),
    ("https://hooks.example.com/#part", "fragment"),
    ("https://hooks.example.com/a b", "spaces or invisible"),
    ("https://hooks.example.com/\n", "spaces or invisible"),
    ("https://hooks.example.com/\u202e", "spaces or invisible"),
    ("https://hooks.example.com/" + "x" * 10_000, "at most 2,000"),
    ("https://hooks.example.com:99999/", "is not a valid URL"),
    ("https://[::1", "is not a valid URL"),
    *(
        (f"https://{host}/", "not on the public internet")
        for host in (
            *("127.0.0.1", "127.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "①②⑦.0.0.1", "127。0。0。1"),
            *("[::1]", "[::ffff:127.0.0.1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[fec0::1]"),
            *("10.0.0.1", "169.254.169.254", "192.168.0.1", "224.0.0.1", "0.0.0.0", "0", "localhost", "api.localhost"),
            *("127.0.0.1.", "LOCALHOST", "[fe80::1%25lo]", "127.0.0.1。", "127.0.0.1\uff61", "127.0.0.1\uff0e"),
        )
    ),
    ("https://%31%32%37.0.0.1/", "must have a host without %"),
    ("https://hooks.example.com%2f.example.com/", "must have a host without %"),
    *(
        (f"https://{host}/", "must have a host without %")
        for host in (
            *("[2606:4700::1%lo]", "[2606:4700::1%25lo]", "[2606:4700::1%251]", "[2606:4700::1%lo]:8443"),
            *("1.1.1.1%lo", "1.1.1.1%25lo", "hooks.example.com\uff0525"),
        )
    ),
    ("https://hooks.example.com:0/", "must not name port 0"),
    ("https://1.1.1.1:0/", "must not name port 0"),
    *((f"https://[{host}]/", "no valid IPv6 address") for host in ("v1.x", "v7.127.0.0.1")),
    *(
        (f"https://{host}/", "has an invalid host name")
        for host in (
            *("..", ".", "a..b", ".example.com", "-", "-a.example.com", "a-.example.com", "xn--", "⒈.com", "a*b.com"),
            *("x" * 300, "ü" * 64, "x" * 64 + ".example.com", ".".join(["x" * 60] * 5)),
        )
    ),
    *((f"https://{host}/", "ends with a number") for host in ("0x100000000", "999999999999", "1.2.3.4.5", "a.0x7f.")),
]


@pytest.mark.parametrize(("url", "words"), WRONG, ids=lambda value: value[:50])
def test_what_cannot_be_called_is_refused_with_the_reason(url: str, words: str) -> None:
    with pytest.raises(BadTarget, match=words):
        check(url, Guard())


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.example.com",
        "https://hooks.example.com:8443/a/b?token=x%20y",
        "https://1.1.1.1/",
        "https://bücher.example/",
        "https://faß.example./",
        "https://💩.example/",
        "https://xn--bcher-kva.example/",
        "https://a_b.HOOKS.example.com./",
        "https://hooks/",
        "https://" + ".".join(["x" * 63] * 3) + ".example/",
        "https://[2606:4700::1111]:8443/",
    ],
)
def test_what_can_be_called_stays_as_it_is(url: str) -> None:
    assert check(url, Guard()) == url


@pytest.mark.parametrize("url", ["http://127.0.0.1:9000/hook", "http://localhost:9000/", "https://127.0.0.1/"])
def test_a_receiver_of_the_operators_own_may_be_plain(url: str) -> None:
    assert check(url, LOCAL) == url


@pytest.mark.parametrize("url", ["http://hooks.example.com/", "http://1.1.1.1/", "http://10.0.0.1/"])
def test_what_the_operator_did_not_allow_may_not(url: str) -> None:
    with pytest.raises(BadTarget):
        check(url, LOCAL)
