"""Form bodies: what is read, and what is refused because it could be read in two ways."""

from urllib.parse import parse_qsl, unquote_to_bytes, urlencode

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bridge.slack.payloads import decode
from bridge.slack.payloads.fields import Wrong
from tests import payloads


@pytest.mark.parametrize("name", payloads.names())
def test_every_shape_is_read_as_the_standard_library_reads_it(name: str) -> None:
    sent = payloads.form(payloads.load(name))

    assert dict(parse_qsl(sent.decode())) == {key: value.decode() for key, value in decode.form(sent).items()}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", {}),
        (b"&&", {}),
        (b"a", {"a": b""}),
        (b"a=", {"a": b""}),
        (b"=a", {"": b"a"}),
        (b"a=b=c", {"a": b"b=c"}),
        (b"a=b+c%20d", {"a": b"b c d"}),
        (b"a=%2B%26%3d", {"a": b"+&="}),
        (b"a=%", {"a": b"%"}),
        (b"a=%zz", {"a": b"%zz"}),
        (b"a=1;b=2", {"a": b"1;b=2"}),
        (b"a=%FF\x00", {"a": b"\xff\x00"}),
        (b"%C3%A9=1", {"é": b"1"}),
    ],
)
def test_a_form_is_read_byte_for_byte(body: bytes, expected: dict[str, bytes]) -> None:
    assert expected == decode.form(body)


@settings(max_examples=500)
@given(st.lists(st.sampled_from([b"%", b"=", b"_", b"+", b"\n", b"\r", b"2", b"D", b"f", b"z", b"\xff", b"%3D"])))
@example([b"%", b"%", b"%3D"])
@example([b"%", b"\n"])
@example([b"%", b"\r", b"%3D", b"\n"])
def test_any_bytes_are_decoded_as_the_standard_library_decodes_them(pieces: list[bytes]) -> None:
    value = b"".join(pieces)

    assert decode.form(b"a=" + value) == {"a": unquote_to_bytes(value.replace(b"+", b" "))}


@pytest.mark.parametrize("body", [b"payload=1&payload=2", b"payload=1&pay%6Coad=1", b"a&a"])
def test_a_field_sent_twice_is_refused(body: bytes) -> None:
    with pytest.raises(Wrong, match="twice"):
        decode.form(body)


def test_a_million_fields_are_refused_before_they_are_read() -> None:
    with pytest.raises(Wrong, match="too many"):
        decode.form(b"a=1&" * 1_000_000)


def test_as_many_fields_as_allowed_are_read() -> None:
    fields = {f"field{n}": str(n) for n in range(decode.MAX_FIELDS)}

    assert len(decode.form(urlencode(fields).encode())) == decode.MAX_FIELDS


def test_a_name_that_is_no_utf8_is_refused() -> None:
    with pytest.raises(Wrong, match="UTF-8"):
        decode.form(b"%FF=1")
