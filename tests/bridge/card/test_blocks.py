from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.card import blocks
from sandbox.slack.validator import message
from tests.bridge import limits


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("a & b", "a &amp; b"),
        ("<!here>", "&lt;!here&gt;"),
        ("&lt;", "&amp;lt;"),
        ("*_~`", "*_~`"),
        ("\u202e", "\ufffd"),
    ],
)
def test_the_three_active_characters_are_escaped_once(given: str, expected: str) -> None:
    assert blocks.escape(given) == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("*Approved*", "\u2217Approved\u2217"),
        ("a _b_ ~c~", "a \u02cdb\u02cd \u223cc\u223c"),
        ("`a`b", "\u02cba\u02cbb"),
        ("us_east_1, 2*3", "us_east_1, 2*3"),
        ("<*>", "&lt;\u2217&gt;"),
        ("漢_字 _漢_", "漢_字 \u02cd漢\u02cd"),
    ],
)
def test_foreign_words_in_a_sentence_of_ours_cannot_be_formatted(given: str, expected: str) -> None:
    assert blocks.inert(given) == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("Yes", "“Yes”"),
        ("Yes” by <@U0EVE>. “", '“Yes" by &lt;@U0EVE&gt;. "”'),
        ("two\nlines\t*bold*", "“two lines \u2217bold\u2217”"),
        ("x" * 20, "“" + "x" * 9 + "…”"),
    ],
)
def test_quoted_words_cannot_leave_their_quotation_marks(given: str, expected: str) -> None:
    assert blocks.quoted(given, 10 if given.startswith("x") else 75) == expected


@pytest.mark.parametrize(
    "mark",
    [*"“”„‟″‴‶‷⁗❝❞❠〝〞〟\uff02ʺ˝ˮ״🙶🙷🙸", "\u2019\u2019", "\u2018\u2018\u2018", "\u2032\u2019"],
    ids=ascii,
)
def test_nothing_in_quoted_words_looks_like_their_end(mark: str) -> None:
    assert blocks.quoted(f"Yes{mark} by nobody", 75) == '“Yes" by nobody”'


def test_other_marks_in_quoted_words_stay_as_they_are() -> None:
    assert blocks.quoted("Don\u2019t «go» 「now」, 6\u2032 left", 75) == "“Don\u2019t «go» 「now」, 6\u2032 left”"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (">>> all of it", "\u203a&gt;&gt; all of it"),
        ("a > b\n  > c", "a &gt; b\n  \u203a c"),
        ("```\n*a*", "\u02cb\u02cb\u02cb\n\u2217a\u2217"),
        ("us_east_1 <!here>", "us_east_1 &lt;!here&gt;"),
    ],
)
def test_foreign_lines_neither_quote_nor_fence_what_follows(given: str, expected: str) -> None:
    assert blocks.unformatted(given) == expected


@settings(database=None, derandomize=True)
@given(st.lists(st.sampled_from(["&", "<", ">", "a", "😀", "&amp;"])).map("".join), st.integers(1, 60))
def test_a_cut_never_leaves_half_an_entity(text: str, most: int) -> None:
    cut = blocks.cut_escaped(blocks.escape(text), most)

    assert limits.utf16(cut) <= most
    limits.assert_nothing_foreign_is_active(cut)


@pytest.mark.parametrize("most", range(1, 90))
def test_a_cut_inside_a_mention_or_a_date_takes_all_of_it_away(most: int) -> None:
    text = f"{blocks.mention('U0ANA')} until {blocks.date(datetime(2026, 1, 2, tzinfo=UTC))} &amp; on"

    limits.assert_nothing_foreign_is_active(blocks.cut_escaped(text, most))


def test_only_what_looks_like_an_id_becomes_a_mention() -> None:
    assert blocks.mention("U0ANA") == "<@U0ANA>"
    assert blocks.mention("!channel") == "!channel"
    assert blocks.mention("U0|<!here>") == "U0|&lt;!here&gt;"


def test_a_date_falls_back_to_utc_wherever_it_comes_from() -> None:
    at = datetime(2026, 3, 1, 0, 30, tzinfo=timezone(timedelta(hours=2)))

    assert blocks.date(at) == f"<!date^{int(at.timestamp())}^{{date_short_pretty}} at {{time}}|2026-02-28 22:30 UTC>"


def test_a_date_before_1970_is_in_utc() -> None:
    assert blocks.date(datetime(1969, 12, 31, 23, 59, tzinfo=UTC), "·") == "· 1969-12-31 23:59 UTC"
    assert blocks.date(datetime(1970, 1, 1, tzinfo=UTC)).startswith("<!date^0^")


def test_a_link_cannot_be_closed_from_within() -> None:
    link = blocks.link("https://example.com/a|b?x=1&y=>", "example|com>")

    assert link == "<https://example.com/a%7Cb?x=1&amp;y=&gt;|example¦com&gt;>"


def test_the_pieces_are_what_slack_takes() -> None:
    long = "😀" * 5_000
    dialog = blocks.confirm(long, long, yes=long, no=long, style="danger")
    made = [
        blocks.header(long),
        blocks.section(blocks.plain(long)),
        blocks.section(blocks.mrkdwn(long)),
        blocks.context(blocks.plain("a"), blocks.mrkdwn("b")),
        blocks.divider(),
        blocks.actions("b", [blocks.button(long, action_id="a"), blocks.button("No", action_id="n", style="danger")]),
        blocks.actions("c", [blocks.button("Go", action_id="a", confirm=dialog)]),
        blocks.actions("d", [blocks.select([blocks.option(long, value="v")], action_id="a", placeholder=long)]),
    ]

    assert message.problems(made) == []
    assert "confirm" not in made[5]["elements"][0] and "style" not in made[5]["elements"][0]
    assert made[6]["elements"][0]["confirm"]["style"] == "danger"
    assert "style" not in blocks.confirm("Sure?", "It is for good.", yes="Yes", no="No")


def test_words_of_strangers_are_never_parsed() -> None:
    assert blocks.plain("<!here> :tada:") == {"type": "plain_text", "text": "<!here> :tada:", "emoji": False}
    assert blocks.mrkdwn("ours")["verbatim"] is True


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("*see* https://a.example/_x_/y.", "\u2217see\u2217 <https://a.example/_x_/y>."),
        ("https://a.example/a_b?x&y", "https://a.example/a_b?x&amp;y"),
        ("https://a.example/*x?x&y", "<https://a.example/*x?x&amp;y>"),
        ("https://bank.example@evil.example/*x", "https://bank.example@evil.example/\u2217x"),
        ("https://\u0430.example/*x", "https://\u0430.example/\u2217x"),
        ("\u2066https://a.example/*x", "\ufffd<https://a.example/*x>"),
    ],
)
def test_no_character_of_an_address_changes_in_a_sentence(given: str, shown: str) -> None:
    """Only an address whose host is plain becomes a link; of others the marks are shown as look-alikes."""
    assert blocks.inert(given) == shown


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("done :tada:", "done \u2236tada:"),
        (":wave::skin-tone-2: x :+1:", "\u2236wave:\u2236skin-tone-2: x \u2236+1:"),
        (":寿司:", "\u2236寿司:"),
        ("a: b :c d:", "a: b :c d:"),
        ("at 10:30:15, ratio 1:2", "at 10:30:15, ratio 1:2"),
        ("1:100:3 :10:3 1:10:x", "1\u2236100:3 \u223610:3 1\u223610:x"),
        ("https://a.example/:tada:/x", "<https://a.example/:tada:/x>"),
        ("https://a.example:80: no", "https://a.example\u223680: no"),
        ("https://a.example/x:y: yes", "<https://a.example/x:y>: yes"),
        ("https://a.example:80/: yes", "https://a.example:80/: yes"),
        (":*tada*:", ":\u2217tada\u2217:"),
    ],
)
def test_a_shortcode_is_shown_as_it_was_written(given: str, shown: str) -> None:
    assert blocks.inert(given) == blocks.unformatted(given) == shown
    assert blocks.quoted(given, 99) == f"“{shown}”"


def test_a_host_in_a_link_is_no_shortcode() -> None:
    assert blocks.link("http://[1:100:3::]/", "[1:100:3::]") == "<http://[1:100:3::]/|[1\u2236100\u22363::]>"
