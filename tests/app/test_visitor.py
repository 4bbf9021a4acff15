from __future__ import annotations

import pytest

from lode.app.visitor import visitor_of

ANN = {"sub": "s", "email": "ann@example.com"}


@pytest.mark.parametrize(
    ("verified", "counts"), [(True, True), ("true", True), (False, False), ("false", False), (None, False)]
)
def test_an_address_counts_only_where_the_issuer_verified_it(verified, counts):
    visitor = visitor_of(ANN | {"email_verified": verified}, "groups")
    assert visitor.email == ("ann@example.com" if counts else None)
    assert visitor.name == "ann@example.com"


def test_an_address_without_a_word_on_it_counts_for_nothing():
    assert visitor_of(ANN, "groups").email is None


@pytest.mark.parametrize(
    ("claim", "groups"),
    [(["a", "b"], ("a", "b")), ("a", ("a",)), (["a", 1, None], ("a",)), ({"a": 1}, ()), (None, ()), (7, ())],
)
def test_groups_are_a_list_of_names_or_one(claim, groups):
    assert visitor_of(ANN | {"cognito:groups": claim}, "cognito:groups").groups == groups


def test_who_has_no_address_is_shown_by_a_name_else_by_the_subject():
    assert visitor_of({"sub": "s", "preferred_username": "ann"}, "groups").name == "ann"
    assert visitor_of({"sub": "s"}, "groups").name == "s"
