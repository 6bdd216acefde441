"""The meaning of a failed statement, decided in one place: to be retried, outcome unknown, or a bug.

The error classes are those seen in practice when databases stop, freeze, fail over, fill up or run out of connections.
"""

import asyncio
from enum import StrEnum

import asyncpg


class Failure(StrEnum):
    """What is known about a statement that failed."""

    RETRY = "retry"  # certainly not applied; the same statement may succeed later
    UNKNOWN = "unknown"  # may have been applied: repeat it under the same id
    READ_ONLY = "read_only"  # certainly not applied; this server is no longer the primary


class Unavailable(Exception):
    """The database could not do this now. Nothing is lost; try again under the same id."""

    def __init__(self, failure: Failure, cause: str) -> None:
        super().__init__(f"the database is not available ({failure}: {cause})")
        self.failure = failure
        self.cause = cause

    @property
    def problem(self) -> str:
        """What is wrong, as a clause for an operator."""
        return _CAUSES.get(self.cause, _OTHER)[0]

    @property
    def fix(self) -> str:
        """What an operator should do, as a clause."""
        return _CAUSES.get(self.cause, _OTHER)[1]

    @property
    def advice(self) -> str:
        """Both in one line, for the log."""
        return f"{self.problem}; {self.fix}"


_OTHER = ("the database cannot be reached", "check that PostgreSQL runs and can be reached from this machine")
_CAUSES = {  # the name of the exception: what is wrong, and what to do
    "InvalidPasswordError": (
        "PostgreSQL refused the user or the password",
        "correct them in the database's URL",
    ),
    "InvalidAuthorizationSpecificationError": (
        "PostgreSQL refused the user",
        "correct the user in the database's URL, or allow it to log in (pg_hba.conf)",
    ),
    "InvalidCatalogNameError": (
        "the server has no database of this name",
        "correct the name in the database's URL, or create the database with createdb -E UTF8 -T template0 NAME",
    ),
    "InsufficientPrivilegeError": (
        "the database user lacks a permission",
        "make this user the owner of the database",
    ),
    "ConnectionRefusedError": (
        "no server accepts connections at the database's address",
        "start PostgreSQL, or correct host and port in the database's URL",
    ),
    "ConnectionError": (
        "the server at the database's address is not PostgreSQL, or does not support the TLS that the URL demands",
        "correct host, port and sslmode in the database's URL",
    ),
    "SSLCertVerificationError": (
        "the TLS certificate of the database's server is not trusted here",
        "name the file of its certificate authority in the database's URL as sslrootcert",
    ),
    "CannotConnectNowError": ("PostgreSQL is starting or stopping", "wait a moment; if it stays so, read its log"),
    "ReadOnlySQLTransactionError": (
        "the server is read-only, perhaps a standby",
        "set the database's URL to the primary",
    ),
    "TimeoutError": (
        "the database did not respond in time",
        "check that it runs, that it is not overloaded, and that this machine can reach it",
    ),
    "TooManyConnectionsError": (
        "PostgreSQL has no free connection",
        "raise max_connections, or close connections of other programs",
    ),
    "ProtocolViolationError": (
        "the connection pooler refused the connection, perhaps because it is full",
        "read the pooler's log",
    ),
    "gaierror": (
        "the database's host name cannot be resolved",
        "correct the host in the database's URL, or this machine's DNS",
    ),
}


class BadDatabaseUrl(Exception):
    """The database's URL cannot be used."""

    def __init__(
        self,
        message: str = "The database's URL is malformed. Write postgresql://user:password@host:port/database, and "
        "percent-encode special characters in the password, such as %2F for a slash.",
    ) -> None:
        super().__init__(message)


class NotDirect(BadDatabaseUrl):
    """The URLs lead to two databases, or through a pooler that shares server connections between transactions."""

    def __init__(self) -> None:
        super().__init__(
            "ASKBRIDGE_DATABASE_URL leads to a connection pooler that shares connections between transactions (such as "
            "PgBouncer with pool_mode=transaction). There, notifications get lost and time limits do not hold. Set it "
            "to PostgreSQL itself; or keep it, and set ASKBRIDGE_DATABASE_DIRECT_URL to the same database without the "
            "pooler."
        )


class WrongEncoding(BadDatabaseUrl):
    """The URL leads to a database that is not UTF-8, so that it cannot store every text."""

    def __init__(self, encoding: str) -> None:
        self.encoding = encoding
        super().__init__(f"The database's encoding is {encoding}, and must be UTF8. To fix it: {self.fix}.")

    @property
    def fix(self) -> str:
        """What an operator should do; a text for people."""
        return (
            "create another database with createdb -E UTF8 -T template0 --owner=USER NAME, copy the data with pg_dump "
            "and psql, and set ASKBRIDGE_DATABASE_URL to the new one"
        )


class NotMigrated(Exception):
    """The schema is missing or older than this program. Run `askbridge migrate`."""


class SchemaTooNew(Exception):
    """The schema was migrated by a newer release. Run that release, or a newer one."""


_RETRY = (
    asyncpg.exceptions.CannotConnectNowError,
    asyncpg.exceptions.DeadlockDetectedError,
    asyncpg.exceptions.InsufficientResourcesError,  # too many connections, disk full, out of memory
    asyncpg.exceptions.LockNotAvailableError,
    asyncpg.exceptions.SerializationError,
    asyncpg.exceptions.ConnectionRejectionError,
    asyncpg.exceptions.InvalidCatalogNameError,  # the database is being created or restored
    asyncpg.exceptions.InvalidAuthorizationSpecificationError,  # a wrong user or password, or one being changed
    asyncpg.exceptions.InsufficientPrivilegeError,  # a missing grant, mostly at the first migration
    ConnectionRefusedError,
)
_UNKNOWN = (
    asyncpg.exceptions.PostgresConnectionError,
    asyncpg.exceptions.OperatorInterventionError,  # cancelled or terminated, by the bridge or an operator
    asyncpg.exceptions.InternalClientError,
    asyncpg.exceptions.InterfaceError,
    asyncpg.exceptions.PostgresIOError,
    OSError,
    TimeoutError,
    asyncio.IncompleteReadError,
)
FOREIGN = (*_RETRY, *_UNKNOWN, asyncpg.exceptions.ReadOnlySQLTransactionError)


def translate(error: BaseException) -> Unavailable:
    """Translate an error of a class in FOREIGN into Unavailable. Its message names the class only: no DSN, no data."""
    cause = type(error).__name__
    if isinstance(error, asyncpg.exceptions.ReadOnlySQLTransactionError):
        return Unavailable(Failure.READ_ONLY, cause)
    if isinstance(error, _RETRY):
        return Unavailable(Failure.RETRY, cause)
    return Unavailable(Failure.UNKNOWN, cause)
