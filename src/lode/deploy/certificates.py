"""The private certificate authority of a deployment, and its servers' certificates.

Keys are made here and written to Secrets Manager, nowhere else. The authority's secret holds {"certificate", "key",
"trusted"}: `trusted` are the certificates to trust, its own and the one before, so that clients and servers need not
change at the same moment. A server's secret holds {"certificate", "key", "ca", "names"}.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.x509 import CertificateBuilder, Name

AUTHORITY_DAYS = 3650  # renewed every year by its rotation
SERVER_DAYS = 180  # renewed every 60
_BACKDATED = timedelta(hours=1)  # clocks differ

Document = dict[str, str]


def made_authority(now: datetime, before: Mapping[str, str] | None = None) -> Document:
    """Return a new authority; what trusted the one before goes on trusting it, beside the new one."""
    from cryptography import x509  # noqa: PLC0415  a slow import that commands do without

    key = _new_key()
    name = _name(f"Lode warehouse authority {now:%Y-%m-%d %H:%M}")
    usage = x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
    builder = (
        _builder(name, name, key, now, AUTHORITY_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    certificate = _signed(builder, key)
    return {
        "certificate": certificate,
        "key": _key_pem(key),
        "trusted": certificate + (before or {}).get("certificate", ""),
    }


def made_server(authority: Mapping[str, str], names: Sequence[str], now: datetime) -> Document:
    """Return a certificate for servers of these names, signed by an authority, and its key."""
    from cryptography import x509  # noqa: PLC0415  a slow import that commands do without
    from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415
    from cryptography.x509.oid import ExtendedKeyUsageOID  # noqa: PLC0415

    issuer = x509.load_pem_x509_certificate(authority["certificate"].encode())
    signer = load_pem_private_key(authority["key"].encode(), password=None)
    key = _new_key()
    uses = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]  # replicas are each other's clients
    builder = (
        _builder(_name(names[0]), issuer.subject, key, now, SERVER_DAYS)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage(uses), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.public_key()), critical=False)  # type: ignore[arg-type]
    )
    return {
        "certificate": _signed(builder, cast("EllipticCurvePrivateKey", signer)),
        "key": _key_pem(key),
        "ca": authority["trusted"],
        "names": json.dumps(list(names)),
    }


def expires(certificate: str) -> datetime:
    """Return when a certificate's validity ends."""
    from cryptography import x509  # noqa: PLC0415  a slow import that commands do without

    return x509.load_pem_x509_certificate(certificate.encode()).not_valid_after_utc


def is_signed_by(server: Mapping[str, str], authority: Mapping[str, str], names: Sequence[str], now: datetime) -> bool:
    """Whether a server's document is whole: of these names, in its time, signed by the authority or the one before."""
    from cryptography import x509  # noqa: PLC0415  a slow import that commands do without
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415

    if server.get("names") != json.dumps(list(names)) or expires(server["certificate"]) <= now:
        return False
    certificate = x509.load_pem_x509_certificate(server["certificate"].encode())
    for trusted in x509.load_pem_x509_certificates(authority["trusted"].encode()):
        try:
            certificate.verify_directly_issued_by(trusted)
        except (InvalidSignature, ValueError):
            continue
        return True
    return False


def today() -> datetime:
    """Return the time now, in UTC."""
    return datetime.now(UTC)


def _new_key() -> EllipticCurvePrivateKey:
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415  a slow import

    return ec.generate_private_key(ec.SECP256R1())


def _name(common: str) -> Name:
    from cryptography import x509  # noqa: PLC0415  a slow import

    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common)])


def _builder(subject: Name, issuer: Name, key: EllipticCurvePrivateKey, now: datetime, days: int) -> CertificateBuilder:
    from cryptography import x509  # noqa: PLC0415  a slow import

    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATED)
        .not_valid_after(now + timedelta(days=days))
    )


def _signed(builder: CertificateBuilder, signer: EllipticCurvePrivateKey) -> str:
    """Return the certificate as PEM text."""
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415  a slow import
    from cryptography.hazmat.primitives.serialization import Encoding  # noqa: PLC0415

    return builder.sign(signer, SHA256()).public_bytes(Encoding.PEM).decode()


def _key_pem(key: EllipticCurvePrivateKey) -> str:
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415  a slow import
        Encoding,
        NoEncryption,
        PrivateFormat,
    )

    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
