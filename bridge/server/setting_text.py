"""What files and pasting put around the text of a setting, and no setting contains: line breaks and quotes."""

_QUOTES = "\"'"


def unwrapped(text: str) -> str:
    """Remove trailing line breaks and one pair of quotes around the text.

    Files of secrets end with a line break; `docker run --env-file` passes on the quotes that a shell would remove. A
    pair stays where the same quote is also within: in a comma list of quoted values, it is not one pair around all.
    """
    text = text.rstrip("\r\n")
    if len(text) > 1 and text[0] == text[-1] and text[0] in _QUOTES and text[0] not in text[1:-1]:
        return text[1:-1].rstrip("\r\n")
    return text


def each_unwrapped(text: str) -> str:
    """`unwrapped` for each value of a comma list."""
    return ",".join(unwrapped(part.strip()) for part in text.split(","))
