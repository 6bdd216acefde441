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


BARE = [
    ("see https://a.example/x?y=1, or", "https://a.example/x?y=1"),
    ("(http://b.example).", "http://b.example"),
    ("https://en.example/wiki/A_(b)", "https://en.example/wiki/A_(b)"),
    ("(https://en.example/wiki/A_(b))", "https://en.example/wiki/A_(b)"),
    ("https://a.example/((x)(y)))), z", "https://a.example/((x)(y))"),
    ("https://a.example/x)y", "https://a.example/x)y"),
    ("[https://a.example/]", "https://a.example/"),
    ("https://a.example/?q[]=1&q[x]=2]", "https://a.example/?q[]=1&q[x]=2"),
    ("http://[::1]:80/, http", "http://[::1]:80/"),
    ("{https://a.example/{id}}", "https://a.example/{id}"),
    ("https://a.example/[}x", "https://a.example/["),
    ("https://a.example/x&amp;), y", "https://a.example/x"),
    ("https://a.example/?a=1&b=2;", "https://a.example/?a=1&b=2"),
    ("https://a.example/Rubik's, 'https://a.example'", "https://a.example/Rubik's"),
    ("**https://a.example/a_b**", "https://a.example/a_b"),
    ("https://a.example/%5Bx%5D%zz", "https://a.example/%5Bx%5D%zz"),
    ("<https://a.example/x>", "https://a.example/x"),
    ("https://a.example/x\\_y", "https://a.example/x"),
]


@pytest.mark.parametrize(("given", "found"), BARE)
def test_a_bare_address_ends_where_its_sentence_goes_on(given: str, found: str) -> None:
    """https://github.github.com/gfm/#extended-autolink-path-validation"""
    assert next(words for words, is_address in links.split(given) if is_address) == found
    assert "".join(words for words, _ in links.split(given)) == given


@pytest.mark.parametrize(("given", "found"), BARE[:-1])
def test_a_bare_address_ends_in_markdown_where_it_ends_in_text(given: str, found: str) -> None:
    start = given.index("http")

    assert links.in_markdown(given, start, len(given)) == (start + len(found), found, links.address(found))


def test_a_backslash_of_markdown_is_not_part_of_an_address() -> None:
    found = links.in_markdown("https://a.example/x\\_y\\.", 0, 24)

    assert found == (22, "https://a.example/x_y", "https://a.example/x_y")
    assert links.in_markdown("https://x\\@b.example", 0, 20).url == "https://x@b.example/"


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("https://a.example", "https://a.example/"),
        ("HTTPS://A.example/?q={x}", None),
        ("https://a.example/a/../%7e", None),
        ("https://a.example/é", "https://a.example/%C3%A9"),
        ("https://\u0430.example/", "https://xn--80a.example/"),
        ("https://b@a.example", "https://b@a.example/"),
        ("https://b@a.example/c/../d", "https://b@a.example/d"),
        ("https://a.example\\@b.example/", "https://a.example/@b.example/"),
        ("https:/a.example/x", "https://a.example/x"),
        ("https://0x7f.1/x", "https://127.0.0.1/x"),
    ],
)
def test_an_address_is_shown_as_written_if_its_host_is_plain(written: str, shown: str | None) -> None:
    url = links.address(written)

    assert url is not None
    assert links.label(written, url) == (shown or written)
    assert links.own_label(written) is (shown is None)


@pytest.mark.parametrize("given", ["", "no address", "https://", "xhttps"])
def test_text_without_an_address_is_left_alone(given: str) -> None:
    assert "".join(words for words, _ in links.split(given)) == given
    assert not any(is_address for _, is_address in links.split(given))
