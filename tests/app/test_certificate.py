from __future__ import annotations

import ssl
import stat
from datetime import UTC, datetime

from cryptography import x509

from lode.app.certificate import make_certificate


def test_a_server_speaks_tls_with_the_certificate_and_its_key_is_for_this_user_alone(tmp_path):
    certificate, key = make_certificate(tmp_path / "home")
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key)
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert stat.S_IMODE(key.parent.stat().st_mode) == 0o700


def test_each_start_has_a_certificate_of_its_own_that_signs_no_others(tmp_path):
    first, second = (x509.load_pem_x509_certificate(make_certificate(tmp_path)[0].read_bytes()) for _ in range(2))
    assert first.public_key() != second.public_key()
    assert first.extensions.get_extension_for_class(x509.BasicConstraints).value.ca is False
    assert first.not_valid_before_utc <= datetime.now(UTC) < first.not_valid_after_utc
