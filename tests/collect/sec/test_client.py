"""The client against a replica: every way in which EDGAR does not answer."""

from __future__ import annotations

import gzip

import pytest

from lode.collect.http import ThrottledForError
from lode.collect.sec.client import SecClient, contact
from lode.errors import CollectError, SourceUnavailableError, ThrottledError, UsageError
from lode.settings import load_settings
from tests.replicas.server import Answer, Replica


class Free:
    """A limit that never waits and notes the pauses."""

    def __init__(self):
        self.pauses, self.good = [], 0

    def wait(self):
        return 0.0

    def succeeded(self):
        self.good += 1

    def pause(self, sent_at, asked=None):
        self.pauses.append(asked)
        return asked or 1.0


@pytest.fixture
def asked(home):
    """A replica that answers {} and a client of it."""
    with Replica(lambda _: Answer(body=b"{}")) as replica:
        limit = Free()
        settings = load_settings(home=home, sec_contact="Jane Doe jane@example.org", http_timeout=1.0)
        with SecClient(settings, limit) as client:
            yield replica, client, limit


def test_an_answer_is_bytes_and_circumstances(asked):
    replica, client, limit = asked
    replica.faults.append(
        Answer(body=gzip.compress(b'{"a": 1}'), headers={"Content-Encoding": "gzip", "Set-Cookie": "x"})
    )
    came = client.get(f"{replica.url}/x", {"kind": "facts"})
    assert (came.status, came.body, dict(came.about), limit.good) == (200, b'{"a": 1}', {"kind": "facts"}, 1)
    assert "set-cookie" not in came.headers


def test_not_there_is_an_answer(asked):
    replica, client, _ = asked
    replica.faults.append(Answer(404, b"<html>"))
    assert client.get(f"{replica.url}/x").status == 404


@pytest.mark.parametrize("status", [403, 429])
def test_throttling_pauses_everyone(asked, status, shared_data):
    replica, client, limit = asked
    page = (shared_data / "sec/error_pages/429_rate_exceeded.html").read_bytes()
    replica.faults += [Answer(status, page), Answer(status, page, {"Retry-After": "7"}), Answer(200, page)]
    for wait in (1.0, 7.0, 1.0):  # the page says it, whatever the status
        with pytest.raises(ThrottledForError, match=r"LODE_SEC_RATE.*LODE_SEC_CONTACT") as caught:
            client.get(f"{replica.url}/x")
        assert caught.value.wait == wait
    assert limit.pauses == [None, 7.0, None]
    assert limit.good == 0


@pytest.mark.parametrize(
    "fault",
    [
        Answer(500, b"down"),
        Answer(503, b"down"),
        Answer(200, b"{" * 1000, cut=10),
        Answer(200, b"not gzip", {"Content-Encoding": "gzip"}),
        Answer(200, b"{}", delay=1.5),
    ],
)
def test_failures_of_the_source(asked, fault):
    replica, client, _ = asked
    replica.faults.append(fault)
    with pytest.raises(SourceUnavailableError, match="try again later"):
        client.get(f"{replica.url}/x")


def test_nobody_answers(asked):
    _, client, _ = asked
    with pytest.raises(SourceUnavailableError, match=r"127.0.0.1:9 refuses connections: nothing listens there"):
        client.get("http://127.0.0.1:9/x")


def test_other_statuses_are_not_asked_again(asked):
    replica, client, _ = asked
    replica.faults.append(Answer(400, b""))
    with pytest.raises(CollectError, match="status 400") as caught:
        client.get(f"{replica.url}/x")
    assert not isinstance(caught.value, (ThrottledError, SourceUnavailableError))


@pytest.mark.parametrize("given", [None, " ", "Jane Doe", "Jäne j@example.org", "a@b.org\r\nX: y"])
def test_a_contact_is_asked_for(home, given):
    settings = load_settings(home=home, sec_contact=given)
    with pytest.raises(UsageError, match="LODE_SEC_CONTACT to your name and e-mail"):
        SecClient(settings, Free())


def test_contact_is_sent_as_given(home):
    assert contact(load_settings(home=home, sec_contact=" Jane j@example.org ")) == "Jane j@example.org"
