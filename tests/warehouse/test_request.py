from __future__ import annotations

import pytest

from lode.warehouse.owner.request import Insert, read_request, split_insert


def test_the_parts_of_a_url() -> None:
    query = b"query=SELECT+1&param_x=a%27b&database=other&session_id=s&max_threads=2&wait_end_of_query=1&query_id=q"
    headers = [(b"authorization", b"Basic d3JpdGVyOmE6Yg=="), (b"x-lode-query-limit", b"2.5")]
    request = read_request({"query_string": query, "headers": headers})
    assert (request.user, request.password) == ("writer", "a:b")
    assert (request.query, request.params, request.settings) == ("SELECT 1", {"x": "a'b"}, {"max_threads": "2"})
    assert (request.database, request.session, request.query_limit) == ("other", "s", 2.5)


@pytest.mark.parametrize(
    ("query", "body", "expected"),
    [
        ("INSERT INTO t FORMAT Native", b"\x00\x01", Insert("INSERT INTO t ", "Native", b"\x00\x01")),
        ("", b"INSERT INTO t (a) FORMAT CSV\n1\n", Insert("INSERT INTO t (a) ", "CSV", b"1\n")),
        ("", b"-- rows\ninsert into t format CSV\r\n1", Insert("-- rows\ninsert into t ", "CSV", b"1")),
        ("", b"INSERT INTO t FORMAT CSV", None),  # the name may go on
        ("", b"INSERT INTO t VALUES (1)", None),
        ("", b"INSERT INTO t FORMAT Values\n(1)", None),
        ("", b"INSERT INTO t SELECT 1", None),
        ("", b"SELECT 1 FORMAT CSV\n", None),
        ("SELECT 1", b"", None),
    ],
)
def test_an_insert_is_told_from_a_statement(query: str, body: bytes, expected: Insert | None) -> None:
    assert split_insert(query, body, complete=False) == expected
