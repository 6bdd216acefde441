"""The errors of a PostgreSQL that cannot be started; each message says what to do about it."""


class PostgresError(Exception):
    """PostgreSQL could not be started here; the message says why and what to do."""


class PostgresNotFound(PostgresError):
    """This machine has no PostgreSQL programs that we can use."""


class FolderRefused(PostgresError):
    """We may not use this data folder, or the account of PostgreSQL cannot reach it."""


class FolderInUse(PostgresError):
    """Another process uses this data folder at the moment."""
