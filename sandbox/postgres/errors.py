"""Why there is no PostgreSQL, each error saying what to do about it."""


class PostgresError(Exception):
    """PostgreSQL could not be started here; the message says why and what to do."""


class PostgresNotFound(PostgresError):
    """No PostgreSQL programs that we can use are on this machine."""


class FolderRefused(PostgresError):
    """The data folder is not one we may use, or not one PostgreSQL could reach."""


class FolderInUse(PostgresError):
    """Somebody else owns this data folder just now."""
