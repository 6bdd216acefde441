"""Why a server could not be reached, as text for the output of a command, instead of names of exceptions."""

import os
import socket

import aiohttp


def why(error: BaseException) -> str:
    """The cause, short enough for brackets; never contains the address or anything that the server sent."""
    match error:
        case aiohttp.ClientConnectorDNSError() | socket.gaierror():
            return "its name cannot be resolved"
        case aiohttp.ClientConnectorCertificateError():
            return "its certificate is not valid"
        case aiohttp.ClientSSLError():
            return "it offers no matching TLS version"
        case TimeoutError():
            return "it did not respond in time"
        case aiohttp.InvalidURL():
            return "that is not an address"
        case OSError(errno=int(number)) if number > 0:
            return os.strerror(number).lower()
        case aiohttp.ServerDisconnectedError():
            return "it closed the connection"
        case aiohttp.ClientResponseError() | aiohttp.ClientPayloadError() | ValueError() | KeyError() | TypeError():
            return "the server there is not the expected one"
        case _:
            return "the connection failed"
