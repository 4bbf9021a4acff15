"""What has to be set, what is refused, and when a run is warned of look-ahead."""

from datetime import date

import numpy as np
import pytest

from lode.errors import SettingsError, UsageError
from lode.evidence.splits import Splits
from lode.settings import load_settings
from lode.workflow.language_model import terms as module
from lode.workflow.language_model.terms import Terms, refuse_language_model, terms_of, warn_of_look_ahead
from lode.workflow.options import MiningOptions

KEY = "sk-tell-nobody-7f3a"
TODAY = date(2026, 11, 20)
ASKING = MiningOptions(searcher="language_model")
GIVEN = {"proposer": "openai:some-model", "proposer_cutoff": "2024-06-01", "proposer_key": KEY}


@pytest.fixture(autouse=True)
def _clean(home):
    """No other setting in reach."""


def terms(**changes):
    return terms_of(ASKING, load_settings(**GIVEN | changes), TODAY)


def test_the_terms_are_what_is_set():
    found = terms(proposer_requests=10, proposer_tokens=50_009)
    assert found == Terms("openai", "some-model", date(2024, 6, 1), 10, 50_009)
    assert (found.name, found.allowance) == ("openai:some-model", 5000)
    assert Terms.from_event(found.to_event()) == found
    arn = "arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.some.model-v1:0"
    assert terms(proposer=f"bedrock:{arn}").model == arn


def test_other_searchers_need_nothing():
    assert terms_of(MiningOptions(), load_settings(), TODAY) is None


@pytest.mark.parametrize(
    ("lacking", "message"),
    [
        ({"proposer": None, "proposer_cutoff": None}, "needs LODE_PROPOSER .*MODEL. and LODE_PROPOSER_CUTOFF"),
        ({"proposer": None}, "needs LODE_PROPOSER "),
        ({"proposer_cutoff": None}, "needs LODE_PROPOSER_CUTOFF"),
        ({"proposer_key": None}, "api.openai.com needs LODE_PROPOSER_KEY"),
        ({"proposer_cutoff": "2026-11-21"}, "2026-11-21 is after today, 2026-11-20"),
        ({"proposer_key": "two words"}, "is no key"),
        ({"proposer_key": "line\nbreak"}, "is no key"),
        ({"proposer_key": "clé"}, "is no key"),
        ({"proposer_key": "\t\t"}, "is no key"),
    ],
)
def test_what_is_missing_or_wrong_is_named(lacking, message):
    with pytest.raises(SettingsError, match=message) as failure:
        terms(**lacking)
    assert str(lacking.get("proposer_key") or KEY) not in str(failure.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("proposer", "some-model"),
        ("proposer", "openai:"),
        ("proposer", "azure:x"),
        ("proposer", "openai:<b>x</b>"),
        ("proposer", "openai:two words"),
        ("proposer_cutoff", "June 2024"),
        ("proposer_cutoff", 0),
        ("proposer_requests", 0),
        ("proposer_tokens", -1),
        ("proposer_timeout", 0),
    ],
)
def test_malformed_settings_are_refused(name, value):
    with pytest.raises(SettingsError, match=name):
        load_settings(**GIVEN | {name: value})


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://host.example/v1", True),
        ("http://127.0.0.1:8000/v1", True),
        ("http://localhost:11434/v1", True),
        ("http://[::1]:8000/v1", True),
        ("http://10.0.0.7:8000/v1", False),
        ("http://host.example/v1", False),
        ("http://127.0.0.1.example/v1", False),
        ("http://localhost.example/v1", False),
    ],
)
def test_a_key_is_not_sent_in_clear_but_to_this_machine(url, allowed):
    assert terms(proposer_url=url, proposer_key=None)
    if allowed:
        assert terms(proposer_url=url)
    else:
        with pytest.raises(SettingsError, match="in clear") as failure:
            terms(proposer_url=url)
        assert KEY not in str(failure.value)


@pytest.mark.parametrize(
    "url", ["ftp://host/v1", "host/v1", "https://", "https://host/v1?key=1", "https://host/v1#x", "http://[::1", ""]
)
def test_addresses_that_are_none(url):
    with pytest.raises(SettingsError, match="LODE_PROPOSER_URL"):
        terms(proposer_url=url or "https:///v1")


def test_a_password_in_the_address_is_refused_and_not_shown():
    with pytest.raises(SettingsError, match="LODE_PROPOSER_KEY") as failure:
        terms(proposer_url="https://me:tell-nobody@host/v1")
    assert "tell-nobody" not in str(failure.value)


@pytest.mark.parametrize(("proposer", "extra"), [("openai:m", "collect"), ("bedrock:m", "aws")])
def test_an_extra_that_is_not_installed_is_named(monkeypatch, proposer, extra):
    monkeypatch.setattr(module, "find_spec", lambda _: None)
    with pytest.raises(UsageError, match=rf"{proposer} needs \w+: pip install 'lode-factors\[{extra}\]'"):
        terms(proposer=proposer)


@pytest.mark.parametrize(("requests", "parts"), [(40, 8), (3, 8), (1, 1), (41, 8)])
def test_the_shares_of_all_parts_are_the_runs_questions(requests, parts):
    run = Terms("openai", "m", date(2024, 6, 1), requests, 100_000)
    shares = [run.share(place, parts) for place in range(parts)]
    assert sum(shares) == requests
    assert max(shares) - min(shares) <= 1


@pytest.mark.parametrize(
    ("cutoff", "seen"),
    [
        ("2000-01-01", ()),
        ("2001-08-22", ()),
        ("2001-08-23", ("validation",)),
        ("2002-03-10", ("validation",)),
        ("2002-03-11", ("validation", "the vault")),
        ("2024-06-01", ("validation", "the vault")),
    ],
)
def test_look_ahead_is_warned_of_where_judging_sessions_begin_before_the_cutoff(cutoff, seen):
    sessions = np.datetime64("2000-01-01") + np.arange(1000)  # validation begins at row 600, the vault at row 800
    found = warn_of_look_ahead(Terms("openai", "m", date.fromisoformat(cutoff), 1, 1), sessions, Splits.of(1000))
    assert [[name for name in ("validation", "the vault") if f"{name} (from" in text] for text in found] == (
        [list(seen)] if seen else []
    )
    assert all(f"openai:m knows history up to {cutoff}" in text for text in found)
    assert warn_of_look_ahead(None, sessions, Splits.of(1000)) == ()


def test_calibration_asks_no_model():
    refuse_language_model(MiningOptions(), "x")
    with pytest.raises(UsageError, match="`lode calibrate` would ask the model"):
        refuse_language_model(ASKING, "`lode calibrate`")
