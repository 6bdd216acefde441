import pytest

from bridge.card import links


@pytest.mark.parametrize(
    ("given", "host"),
    [
        ("https://example.com/a", "example.com"),
        ("HTTP://EXAMPLE.COM", "example.com"),
        ("https://bank.example@evil.example/", "evil.example"),
        ("https://evil.example\\@bank.example/", "evil.example"),
        ("https://exämple.com", "xn--exmple-cua.com"),
        ("https://\u0430\u0440\u0440\u04cf\u0435.com/", "xn--80ak6aa92e.com"),
        ("http://[::1]:80/", "[::1]"),
    ],
)
def test_the_host_is_where_the_link_really_leads(given: str, host: str) -> None:
    url = links.address(given)

    assert url is not None and url.isascii()
    assert links.host(url) == host


@pytest.mark.parametrize(
    ("url", "plain"),
    [
        ("https://a.example/", True),
        ("https://a.example/@b", True),
        ("https://bank.example@evil.example/", False),
        ("https://bank.example:pw@evil.example/", False),
    ],
)
def test_an_address_is_plain_when_it_begins_with_its_host(url: str, *, plain: bool) -> None:
    assert links.plain(url) is plain


@pytest.mark.parametrize(
    "given",
    ["", "/relative", "javascript:alert(1)", "mailto:a@b.c", "data:x", "https:", "https://a.b/" + "x" * 1_989],
)
def test_other_addresses_are_no_links(given: str) -> None:
    assert links.address(given) is None


def test_bare_addresses_are_found_without_the_sentence_around_them() -> None:
    assert list(links.split("see https://a.example/x?y=1, or (http://b.example).")) == [
        ("see ", None),
        ("https://a.example/x?y=1", "https://a.example/x?y=1"),
        (", or (", None),
        ("http://b.example/", "http://b.example/"),
        (").", None),
    ]


@pytest.mark.parametrize("given", ["", "no address", "https://", "xhttps"])
def test_text_without_an_address_is_left_alone(given: str) -> None:
    assert "".join(words for words, _ in links.split(given)) == given
    assert all(url is None for _, url in links.split(given))
