from __future__ import annotations

import hmac
import json
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from lode.app.sign_in import Balancer, verify
from lode.app.sign_in_keys import PublicKeys, keys_address
from lode.app.visitor import Visitor
from lode.errors import SettingsError, SignInError
from tests.app.balancer import ARN, CLIENT, ISSUER, KID, Signer, claims, header, key_server, part, written

BALANCER = Balancer(ARN, CLIENT, ISSUER)
SIGNER = Signer()
NOW = datetime.now(UTC)
TOKEN = SIGNER.token()


def key_of(key_id: str) -> bytes:
    assert key_id == KID
    return SIGNER.pem


def verified(token: str, now: datetime = NOW) -> Visitor:
    return verify(token, BALANCER, key_of, now)


def no_key(key_id: str) -> bytes:
    pytest.fail(f"the key {key_id} was asked for, though the header is wrong already")


@pytest.mark.parametrize("padded", [True, False])
def test_a_token_of_the_balancer_names_the_visitor_with_its_padding_and_without(padded):
    assert verified(SIGNER.token(padded=padded)) == Visitor("subject-1", "ann@example.com")


def test_who_has_no_address_is_named_by_the_name_then_by_the_subject():
    assert verified(SIGNER.token(body={"sub": "s", "username": "ann"})).name == "ann"
    assert verified(SIGNER.token(body={"sub": "s"})).name == "s"


def test_a_name_is_one_line_of_bounded_length():
    assert verified(SIGNER.token(body=claims(email="a\nb\u202e" + "x" * 500))).name == "a b " + "x" * 196


@given(st.integers(0, len(TOKEN) - 1), st.characters(max_codepoint=0x2FF))
def test_any_changed_character_is_refused(place, sign):
    if TOKEN[place] == sign:
        return
    with pytest.raises(SignInError):
        verify(TOKEN[:place] + sign + TOKEN[place + 1 :], BALANCER, lambda _: SIGNER.pem, NOW)


@given(st.integers(0, len(TOKEN)), st.text(max_size=3), st.integers(0, 3))
def test_what_is_inserted_or_cut_out_is_refused(place, inserted, cut):
    changed = TOKEN[:place] + inserted + TOKEN[place + cut :]
    if changed in (TOKEN, TOKEN.rstrip("=")):
        return
    without_padding = ".".join(part.rstrip("=") for part in TOKEN.split(".")[2:])
    if changed == ".".join([*TOKEN.split(".")[:2], without_padding]):
        return
    with pytest.raises(SignInError):
        verify(changed, BALANCER, lambda _: SIGNER.pem, NOW)


@given(st.text(max_size=200))
def test_whatever_else_is_sent_is_refused(text):
    with pytest.raises(SignInError):
        verify(text, BALANCER, no_key, NOW)


@pytest.mark.parametrize("last", range(1, 16))
def test_another_text_of_the_same_signature_is_refused(last):
    """The last character of 64 bytes holds two bits; decoders ignore the other four."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    bare = TOKEN.rstrip("=")
    twin = alphabet[alphabet.index(bare[-1]) ^ last]
    with pytest.raises(SignInError, match="not written as"):
        verified(bare[:-1] + twin)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"alg": "none"}, "alg"),
        ({"alg": "HS256"}, "alg"),
        ({"alg": "es256"}, "alg"),
        ({"alg": "ES384"}, "alg"),
        ({"alg": None}, "alg"),
        ({"signer": ARN[:-1] + "9"}, "signer"),
        ({"signer": None}, "signer"),
        ({"signer": [ARN]}, "signer"),
        ({"client": "another"}, "client"),
        ({"client": None}, "client"),
        ({"iss": ISSUER + "/"}, "iss"),
        ({"iss": None}, "iss"),
        ({"kid": "../../latest/meta-data"}, "UUID"),
        ({"kid": KID + "\n"}, "UUID"),
        ({"kid": KID.upper()}, "UUID"),
        ({"kid": 7}, "UUID"),
        ({"kid": None}, "UUID"),
        ({"exp": None}, "exp"),
        ({"exp": "2099"}, "exp"),
        ({"exp": True}, "exp"),
        ({"exp": 0}, "ended"),
    ],
)
def test_a_wrong_header_is_refused_before_a_key_is_asked_for(changed, said):
    with pytest.raises(SignInError, match=said):
        verify(SIGNER.token(header(**changed)), BALANCER, no_key, NOW)


@pytest.mark.parametrize("number", ["NaN", "-Infinity", "1e999"])
def test_an_end_that_is_no_time_is_refused_or_no_earlier_than_never(number):
    heading = json.dumps(header(exp=-1)).replace("-1", number)
    body = f"{written(heading.encode())}.{part(claims())}"
    with pytest.raises(SignInError):
        verified(f"{body}.{written(bytes(64))}")


def test_a_token_holds_until_its_end_and_not_at_it():
    token = SIGNER.token(header(exp=1000), claims(exp=1000))
    at_end = datetime.fromtimestamp(1000, UTC)
    assert verified(token, at_end - timedelta(seconds=1)).subject == "subject-1"
    with pytest.raises(SignInError, match="ended"):
        verified(token, at_end)


@pytest.mark.parametrize(
    ("body", "said"),
    [(claims(exp=0), "ended"), (claims(iss="https://evil.example"), "iss"), (claims(sub=""), "sub"), ({"a": 1}, "sub")],
)
def test_wrong_claims_are_refused_though_signed(body, said):
    with pytest.raises(SignInError, match=said):
        verified(SIGNER.token(body=body))


def test_no_signature_and_a_secret_made_of_the_public_key_are_refused():
    unsigned = f"{part(header(alg='none'))}.{part(claims())}."
    signed = f"{part(header(alg='HS256'))}.{part(claims())}"
    confused = f"{signed}.{written(hmac.digest(SIGNER.pem, signed.encode(), 'sha256'))}"
    for token in (unsigned, confused):
        with pytest.raises(SignInError):
            verified(token)


def test_another_signer_and_the_zero_signature_are_refused():
    with pytest.raises(SignInError, match="signature"):
        verified(Signer().token())
    with pytest.raises(SignInError, match="signature"):
        verified(f"{TOKEN.rpartition('.')[0]}.{written(bytes(64))}")


def test_a_key_on_another_curve_and_what_is_no_key_are_refused():
    for pem in (Signer(ec.SECP384R1()).pem, b"<html>"):
        with pytest.raises(SignInError, match="key"):
            verify(TOKEN, BALANCER, lambda _, pem=pem: pem, NOW)


def test_the_reason_never_holds_the_token():
    with pytest.raises(SignInError) as refusal:
        verified(Signer().token())
    assert TOKEN[:40] not in str(refusal.value)


# --- the keys


def test_a_key_is_fetched_once_and_an_unknown_one_again():
    other = KID.replace("0b", "1c")
    served: dict[str, bytes] = {KID: SIGNER.pem}
    with key_server(served) as (base, asked):
        keys = PublicKeys(base)
        assert keys(KID) == keys(KID) == SIGNER.pem
        for _ in range(2):
            with pytest.raises(SignInError, match="404"):
                keys(other)
        served[other] = SIGNER.pem
        assert keys(other) == SIGNER.pem
    assert asked == [f"/{KID}", f"/{other}", f"/{other}", f"/{other}"]


def test_a_server_that_is_away_or_says_too_much_is_a_refusal():
    with key_server({KID: b"x" * 5000}) as (base, _), pytest.raises(SignInError, match="bytes"):
        PublicKeys(base)(KID)
    with pytest.raises(SignInError, match="cannot be had"):
        PublicKeys(base, timeout=1)(KID)


def test_a_key_that_is_no_uuid_never_enters_an_address():
    with key_server({}) as (base, asked):
        with pytest.raises(SignInError, match="UUID"):
            PublicKeys(base)("../x")
        assert asked == []


def test_the_address_of_the_keys_follows_from_the_balancer():
    assert keys_address(ARN) == "https://public-keys.auth.elb.eu-central-1.amazonaws.com"
    assert keys_address(ARN.replace("aws:", "aws-us-gov:", 1).replace("eu-central-1", "us-gov-west-1")) == (
        "https://s3-us-gov-west-1.amazonaws.com/aws-elb-public-keys-prod-us-gov-west-1"
    )
    for wrong in ("", ARN.replace("eu-central-1", "evil.example/"), ARN.replace("/app/", "/net/"), ARN + "\n"):
        with pytest.raises(SettingsError, match="LODE_BALANCER_ARN"):
            keys_address(wrong)


@pytest.mark.parametrize("base", ["http://keys.example", "ftp://127.0.0.1", "file:///etc", ""])
def test_keys_come_over_tls_or_from_this_machine(base):
    with pytest.raises(SettingsError, match="LODE_SIGN_IN_KEYS_URL"):
        PublicKeys(base)
