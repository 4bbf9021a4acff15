from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from lode.app import oidc
from lode.errors import SettingsError, SignInError
from lode.settings import load_settings

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
WHOLE = {
    "sign_in": "oidc",
    "sign_in_issuer": "https://issuer.example/realm",
    "sign_in_client": "lode",
    "sign_in_client_secret": "the client's secret",
    "sign_in_cookie_secret": "c" * 32,
    "app_domain": "lode.example.com",
}
CLAIMS = {
    "is_logged_in": True,
    "iss": "https://issuer.example/realm",
    "aud": "lode",
    "sub": "s",
    "iat": NOW.timestamp() - 60,
    "email": "ann@example.com",
    "email_verified": True,
    "groups": ["quants"],
}


@pytest.fixture
def asked(home) -> oidc.Provider:
    return oidc.provider(load_settings(**WHOLE))


def test_a_sign_in_names_the_visitor_and_lasts_from_its_token_on(asked):
    visitor, until = oidc.signed_in(CLAIMS, asked, NOW)
    assert (visitor.subject, visitor.name, visitor.email) == ("s", "ann@example.com", "ann@example.com")
    assert visitor.groups == ("quants",)
    assert until == NOW + timedelta(hours=8) - timedelta(seconds=60)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"is_logged_in": False}, "nobody signed in"),
        ({"is_logged_in": "true"}, "nobody signed in"),
        ({"iss": "https://issuer.example/"}, "iss is 'https://issuer.example/'; expected"),
        ({"aud": "other"}, "aud is 'other'; expected 'lode'"),
        ({"aud": None}, "aud"),
        ({"sub": ""}, "no sub"),
        ({"iat": None}, "iat is 'None'"),
        ({"iat": True}, "iat"),
        ({"iat": float("nan")}, "old"),
        ({"iat": NOW.timestamp() - 28_801}, "28801 s old; it lasts 28800 s"),
        ({"iat": NOW.timestamp() + 121}, "-121 s old"),
    ],
)
def test_what_is_wrong_in_a_sign_in_is_refused(asked, changed, message):
    with pytest.raises(SignInError, match=message):
        oidc.signed_in(CLAIMS | changed, asked, NOW)


def test_no_claims_and_several_audiences(asked):
    with pytest.raises(SignInError, match="nobody signed in"):
        oidc.signed_in({}, asked, NOW)
    assert oidc.signed_in(CLAIMS | {"aud": ["other", "lode"]}, asked, NOW)


def test_the_provider_is_told_to_streamlit_in_its_own_words(asked):
    assert oidc.secrets(asked) == {
        "auth": {
            "redirect_uri": "https://lode.example.com/oauth2callback",
            "cookie_secret": "c" * 32,
            "client_id": "lode",
            "client_secret": "the client's secret",
            "server_metadata_url": "https://issuer.example/realm/.well-known/openid-configuration",
            "client_kwargs": {"scope": "openid email profile"},
        }
    }


@pytest.mark.parametrize(
    ("changed", "redirect"),
    [
        ({}, "https://lode.example.com/oauth2callback"),
        ({"app_path": "lode"}, "https://lode.example.com/lode/oauth2callback"),
        ({"app_domain": None}, "http://localhost:8600/oauth2callback"),
        ({"sign_in_redirect_url": "https://other.example/oauth2callback"}, "https://other.example/oauth2callback"),
    ],
)
def test_the_provider_leads_back_to_where_the_dashboard_is(home, changed, redirect):
    assert oidc.provider(load_settings(**(WHOLE | changed)), port=8600).redirect_url == redirect


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            {"sign_in_issuer": None, "sign_in_cookie_secret": None},
            "LODE_SIGN_IN_ISSUER, LODE_SIGN_IN_COOKIE_SECRET too",
        ),
        ({"sign_in_issuer": "http://issuer.example"}, "LODE_SIGN_IN_ISSUER: 'http://issuer.example'; expected https"),
        ({"sign_in_issuer": "issuer"}, "expected https"),
        ({"sign_in_redirect_url": "https://lode.example.com/"}, "expected the dashboard's address and /oauth2callback"),
        ({"sign_in_redirect_url": "https://a.example/oauth2callback", "app_path": "lode"}, "/lode/oauth2callback"),
        (
            {"sign_in_redirect_url": "http://lode.example.com/oauth2callback"},
            "LODE_SIGN_IN_REDIRECT_URL.*expected https",
        ),
        ({"sign_in_scope": "email"}, "LODE_SIGN_IN_SCOPE: 'email'; expected openid"),
        ({"sign_in_cookie_secret": "short-secret"}, "COOKIE_SECRET has 12 characters; expected 32 or more"),
    ],
)
def test_settings_that_are_missing_or_unsafe_are_named_without_their_secrets(home, changed, message):
    with pytest.raises(SettingsError, match=message) as raised:
        oidc.provider(load_settings(**(WHOLE | changed)))
    assert not [secret for secret in ("short-secret", "the client's secret", "c" * 32) if secret in str(raised.value)]
