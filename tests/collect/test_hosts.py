from __future__ import annotations

import socket

import httpx
import pytest
import stamina
from curl_cffi import requests

from lode.collect.hosts import ConnectionRefusedByHostError, HostDownError, Hosts, host_of, is_refusal
from lode.collect.http import with_retries

HERE = "http://127.0.0.1:9/chart"


@pytest.fixture
def closed() -> str:
    """An address at which nothing listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{taken.getsockname()[1]}/x"


def refused(hosts, subject, url=HERE):
    hosts.refused(subject, ConnectionRefusedByHostError(url, "LODE_YAHOO_URL"))


def test_the_third_refusal_in_a_row_of_one_subject_gives_the_host_up():
    hosts = Hosts()
    for subject in ("A", "B", "C", "A", "B"):
        refused(hosts, subject)
    hosts.require_up()
    with pytest.raises(HostDownError, match=r"^127.0.0.1:9 refuses connections: .* LODE_YAHOO_URL is right"):
        refused(hosts, "A")
    with pytest.raises(HostDownError, match=r"127.0.0.1:9"):
        hosts.require_up()


def test_any_sign_of_life_of_the_same_host_begins_anew():
    hosts = Hosts()
    for sign in (HERE, "http://127.0.0.1:9/other?x=1"):
        refused(hosts, "A")
        refused(hosts, "A")
        hosts.lives(sign)
    refused(hosts, "A")
    refused(hosts, "A")
    hosts.lives("http://127.0.0.1:10/chart")
    with pytest.raises(HostDownError):
        refused(hosts, "A")


def test_hosts_are_told_apart_and_named_without_secrets():
    assert host_of("https://me:secret@host.test:81/a?b=c") == "host.test:81"
    assert host_of("a/2026") == "a/2026"
    hosts = Hosts()
    for port in (1, 1, 2, 2):
        refused(hosts, "A", f"http://127.0.0.1:{port}")
    hosts.require_up()


def test_clients_say_that_a_connection_was_refused(closed):
    with pytest.raises(httpx.ConnectError) as plain:
        httpx.get(closed)
    with pytest.raises(requests.exceptions.RequestException) as curl:
        requests.get(closed, timeout=5)
    assert is_refusal(plain.value)
    assert is_refusal(curl.value)
    assert is_refusal(ConnectionRefusedError(111, "refused"))


def test_nothing_else_is_a_refusal():
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen()
        url = f"http://127.0.0.1:{mute.getsockname()[1]}/x"
        with pytest.raises(httpx.ReadTimeout) as plain:
            httpx.get(url, timeout=0.2)
        with pytest.raises(requests.exceptions.Timeout) as curl:
            requests.get(url, timeout=0.2)
    assert not is_refusal(plain.value)
    assert not is_refusal(curl.value)
    assert not is_refusal(None)


def test_a_call_whose_connection_is_refused_is_tried_three_times():
    tried = []

    def call():
        tried.append(1)
        raise ConnectionRefusedByHostError(HERE)

    with (
        stamina.set_testing(True, attempts=9),
        pytest.raises(ConnectionRefusedByHostError, match="see whether its add"),
    ):
        with_retries(call, attempts=9)
    assert len(tried) == 3
