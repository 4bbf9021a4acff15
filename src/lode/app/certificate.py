"""The certificate that a copy of the dashboard makes for itself, so that the way from the balancer is encrypted too.

The balancer does not ask who signed it: what it proves is nothing, what it gives is encryption; who may connect at all
is the network's rule.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import mkdtemp

_VALID = timedelta(days=398)


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """Write a new certificate and its key into a new folder of this user's alone; return both files."""
    from cryptography import x509  # noqa: PLC0415  only a server beyond loopback needs it
    from cryptography.hazmat.primitives import hashes, serialization  # noqa: PLC0415  likewise
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415  likewise

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "lode app")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + _VALID)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder.mkdir(parents=True, exist_ok=True)
    own = Path(mkdtemp(prefix="tls-", dir=folder))
    public, private = own / "certificate.pem", own / "key.pem"
    public.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private.touch(mode=0o600)
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return public, private
