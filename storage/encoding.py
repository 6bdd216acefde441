"""Refuses a database that cannot store every character: its encoding is not UTF-8."""

from typing import Any, Protocol

from storage import errors

_ENCODING = "UTF8"  # the name that PostgreSQL reports


class Reports(Protocol):
    """Has the settings that the server reported when the connection was opened: a connection, or a lent one."""

    def get_settings(self) -> Any: ...


def check(connection: Reports) -> None:
    """Raise WrongEncoding unless the database is UTF-8; costs no round trip.

    In another encoding, a write fails at the first character that the encoding lacks; in SQL_ASCII, lengths are
    counted in bytes, so that a text within its limits is refused.
    """
    # A pooler may leave the report out. The commands and the pool for clicks connect to the server itself.
    reported = getattr(connection.get_settings(), "server_encoding", _ENCODING)
    if reported != _ENCODING:
        raise errors.WrongEncoding(reported)
