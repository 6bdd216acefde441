"""Decides which addresses webhooks may reach, when the socket is created, after the name was resolved.

Checking a name does not protect: it may resolve to any address, and to another one a moment later. Nor does
`ipaddress.is_global`: it accepts `::127.0.0.1`, `64:ff9b::/96`, `224.0.0.1` and, on some releases, 6to4. So this module
lists what is allowed: IPv4 except the ranges below, and of IPv6 the global unicast range 2000::/3 except the ranges
below. Source: the IANA special-purpose address registries.
"""

import socket
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any, TypeAlias

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network

# Refused whatever the settings allow: unspecified and link-local addresses, multicast, and metadata of clouds.
_NEVER = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8",
        "100.100.100.200/32",  # metadata of one cloud
        "168.63.129.16/32",  # a public address by which Azure gives each machine its own settings
        "169.254.0.0/16",  # link-local; metadata of most clouds
        "192.0.0.192/32",  # metadata of another cloud
        "224.0.0.0/4",
        "255.255.255.255/32",
        "::/128",
        "fd00:42::42/128",  # metadata, as the three below
        "fd00:c1::a9fe:a9fe/128",
        "fd00:ec2::254/128",
        "fd20:ce::254/128",
        "fe80::/10",
        "ff00::/8",
    )
)
_PRIVATE_V4 = tuple(
    IPv4Network(text)
    for text in (
        "10.0.0.0/8",
        "100.64.0.0/10",  # shared by a carrier's customers
        "127.0.0.0/8",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",
        "203.0.113.0/24",
        "240.0.0.0/4",
    )
)
_GLOBAL_V6 = IPv6Network("2000::/3")
_SPECIAL_V6 = tuple(
    IPv6Network(text)
    for text in (
        "2001::/23",  # protocol assignments; Teredo carries an IPv4 address inside
        "2001:db8::/32",
        "2002::/16",  # 6to4 carries one too
        "3fff::/20",
    )
)


class AddressRefused(OSError):
    """A webhook may not reach this address. An OSError, so that aiohttp treats it as a failed connection."""

    def __init__(self, address: str) -> None:
        super().__init__(f"{address} is not an address that webhooks may reach")
        self.address = address


@dataclass(frozen=True, slots=True)
class Guard:
    """Allows the public internet and the networks in the settings of a replica."""

    allowed: tuple[Network, ...] = ()

    @classmethod
    def read(cls, text: str) -> "Guard":
        """Read a comma list of networks; raises ValueError."""
        return cls(tuple(ip_network(part.strip()) for part in text.split(",") if part.strip()))

    def permits(self, address: Address) -> bool:
        """Whether a webhook may connect to this address."""
        mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
        actual = address if mapped is None else mapped
        if _within(actual, _NEVER):
            return False
        if _within(actual, self.allowed):
            return True
        if isinstance(actual, IPv4Address):
            return not _within(actual, _PRIVATE_V4)
        return actual in _GLOBAL_V6 and not _within(actual, _SPECIAL_V6)

    def socket(self, info: tuple[Any, Any, Any, Any, tuple[Any, ...]]) -> socket.socket:
        """Create the socket for one resolved address; raises AddressRefused.

        aiohttp calls this for every attempt, also for URLs that contain an address.
        """
        family, kind, protocol, _, socket_address = info
        host = str(socket_address[0]).partition("%")[0]
        if family not in {socket.AF_INET, socket.AF_INET6} or not self.permits(ip_address(host)):
            raise AddressRefused(host)
        return socket.socket(family, kind, protocol)


def _within(address: Address, networks: Sequence[Network]) -> bool:
    return any(address.version == network.version and address in network for network in networks)
