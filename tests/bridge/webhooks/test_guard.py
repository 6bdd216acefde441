"""What webhooks may reach: the public internet, what the operator allowed, and never some."""

import socket
from ipaddress import ip_address

import pytest

from bridge.webhooks.guard import AddressRefused, Guard

PUBLIC = ["93.184.215.14", "1.1.1.1", "2606:4700:4700::1111", "2a00:1450:4001:80b::200e", "::ffff:1.1.1.1"]
PRIVATE = [
    *("10.0.0.1", "100.64.0.1", "127.0.0.1", "127.255.255.254", "172.16.0.1", "172.31.255.255", "192.168.1.1"),
    *("192.0.0.8", "192.0.2.1", "192.88.99.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "240.0.0.1"),
    *("::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::1", "100::1"),
    *("2001::1", "2001:db8::1", "2002:7f00:1::", "3fff::1", "5f00::1", "fc00::1", "fd12::1", "fec0::1"),
]
NEVER = [
    *("0.0.0.0", "0.1.2.3", "169.254.169.254", "169.254.0.1", "224.0.0.1", "239.255.255.250", "255.255.255.255"),
    *("100.100.100.200", "192.0.0.192", "::", "::ffff:169.254.169.254", "fe80::1", "ff02::1", "fd00:ec2::254"),
    *("168.63.129.16", "::ffff:168.63.129.16", "fd00:42::42", "fd00:c1::a9fe:a9fe", "fd20:ce::254"),
]


@pytest.mark.parametrize("address", PUBLIC)
def test_the_public_internet_is_open(address: str) -> None:
    assert Guard().permits(ip_address(address))


@pytest.mark.parametrize("address", [*PRIVATE, *NEVER])
def test_what_is_not_public_is_closed(address: str) -> None:
    assert not Guard().permits(ip_address(address))


@pytest.mark.parametrize("address", PRIVATE)
def test_what_the_operator_allows_is_open(address: str) -> None:
    assert Guard.read("0.0.0.0/0, ::/0").permits(ip_address(address))


@pytest.mark.parametrize("address", NEVER)
def test_some_are_closed_whatever_is_allowed(address: str) -> None:
    assert not Guard.read("0.0.0.0/0,::/0").permits(ip_address(address))


def test_only_what_is_allowed_is_open_beside_the_internet() -> None:
    guard = Guard.read("10.1.0.0/16,fd12::/64")

    assert guard.permits(ip_address("10.1.2.3")) and guard.permits(ip_address("::ffff:10.1.2.3"))
    assert guard.permits(ip_address("fd12::5"))
    assert not guard.permits(ip_address("10.2.0.1")) and not guard.permits(ip_address("127.0.0.1"))


@pytest.mark.parametrize("text", ["localhost", "10.0.0.1/8", "10.0.0.0/33", "::/129", "10.0.0.0/8;::1/128"])
def test_networks_that_cannot_be_read_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"network|octet|netmask|host bits"):
        Guard.read(text)


def test_no_socket_is_made_for_what_is_closed() -> None:
    with pytest.raises(AddressRefused, match=r"127\.0\.0\.1"):
        Guard().socket((socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", ("127.0.0.1", 80)))
    with pytest.raises(AddressRefused, match="fe80::1"):
        Guard().socket((socket.AF_INET6, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", ("fe80::1%lo", 80, 0, 1)))
    with pytest.raises(AddressRefused):
        Guard().socket((socket.AF_UNIX, socket.SOCK_STREAM, 0, "", ("/run/x.sock",)))
    with Guard().socket((socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", ("1.1.1.1", 443))) as made:
        assert made.family is socket.AF_INET
