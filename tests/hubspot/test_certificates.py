"""TLS is verified: the fault matrix's row 17."""

from __future__ import annotations

import pytest
from certificates import authority, certificate, secure
from pydantic import SecretStr

from leadscore.errors import UnreachableError
from leadscore.hubspot.pool import Pool

TOKEN = "pat-na1-00000000-1111-2222-3333-444444444444"


@pytest.fixture
def trusted(tmp_path, monkeypatch):
    """Make an authority that this process trusts, and return its folder."""
    monkeypatch.setenv("SSL_CERT_FILE", str(authority(tmp_path)))
    return tmp_path


def _ask(url):
    pool = Pool(SecretStr(TOKEN), url)
    pool.waits.sleep = lambda _seconds: pytest.fail("a bad certificate gets no better by waiting")
    try:
        return pool.request("GET", f"{url}/x", headers={"Accept": "application/json"})
    finally:
        pool.close()


def test_a_certificate_of_a_trusted_authority_is_taken(trusted):
    with secure(certificate(trusted)) as server:
        assert _ask(server.url).status == 200
    assert server.paths == ["/x"]


def _refused(pem, why):
    with secure(pem) as server:
        with pytest.raises(UnreachableError, match="cannot be trusted") as caught:
            _ask(server.url)
        assert why in str(caught.value).lower()
        assert TOKEN not in str(caught.value)
    assert server.paths == []


def test_a_certificate_that_signs_itself_is_refused(tmp_path):
    made = authority(tmp_path)
    both = tmp_path / "self.pem"
    both.write_text((tmp_path / "ca.key").read_text() + made.read_text())
    _refused(both, "self-signed")


def test_an_unknown_authority_is_refused(tmp_path):
    authority(tmp_path)
    _refused(certificate(tmp_path), "local issuer")


def test_an_expired_certificate_is_refused(trusted):
    _refused(certificate(trusted, days=-1), "expired")


def test_a_certificate_of_another_name_is_refused(trusted):
    _refused(certificate(trusted, host="DNS:api.hubapi.com"), "mismatch")
