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
    def advice(self) -> str:
        """What an operator should check; a text for people."""
        return _ADVICE.get(self.cause, "check that it runs and can be reached")


_ADVICE = {
    "InvalidPasswordError": "it refuses this user or password",
    "InvalidAuthorizationSpecificationError": "it refuses this user",
    "InvalidCatalogNameError": "it has no database of this name",
    "InsufficientPrivilegeError": "it does not let this user do that; make the user the owner of the database",
    "ConnectionRefusedError": "nothing listens at its address",
    "ConnectionError": "what listens there is no PostgreSQL, or cannot do TLS as the address demands",
    "SSLCertVerificationError": "its TLS certificate is not trusted here",
    "CannotConnectNowError": "it is starting or stopping",
    "ReadOnlySQLTransactionError": "it is read-only, perhaps a standby",
    "TimeoutError": "it did not answer in time",
    "TooManyConnectionsError": "it has no connection left to give",
    "ProtocolViolationError": "the pooler before it refuses; perhaps it is full, its log says why",
    "gaierror": "its host's name is not known",
}


class BadDatabaseUrl(Exception):
    """The database's URL cannot be used."""

    def __init__(
        self,
        message: str = "The database's URL cannot be read: write postgresql://user:password@host:port/database, "
        "with %-codes for special characters in the password.",
    ) -> None:
        super().__init__(message)


class NotDirect(BadDatabaseUrl):
    """The URLs lead to two databases, or through a pooler that shares server connections between transactions."""

    def __init__(self) -> None:
        super().__init__(
            "ASKBRIDGE_DATABASE_URL leads through a pooler that shares connections between transactions (PgBouncer "
            "with pool_mode=transaction, for one), where notices get lost and time limits do not hold. Let it lead to "
            "PostgreSQL itself; or keep it, and let ASKBRIDGE_DATABASE_DIRECT_URL lead to the same database itself."
        )


class WrongEncoding(BadDatabaseUrl):
    """The URL leads to a database that is not UTF-8, so that it cannot store every text."""

    def __init__(self, encoding: str) -> None:
        self.encoding = encoding
        super().__init__(f"The database's encoding is {encoding}, and must be UTF8: {self.fix}.")

    @property
    def fix(self) -> str:
        """What an operator should do; a text for people."""
        return (
            "make another one with createdb -E UTF8 -T template0 --owner=USER NAME, and let ASKBRIDGE_DATABASE_URL "
            "lead to it; what the old one has goes over with pg_dump"
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
