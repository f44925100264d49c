from __future__ import annotations

import json
import multiprocessing
import subprocess
import sys
import traceback
import warnings
from urllib.parse import parse_qs, urlsplit

import pandas as pd
import pytest
from consenting import Visitor, browsing
from everybyte import where_is
from keyrings import Memory, ring_of

from leadscore.errors import AuthenticationError, SettingsError, UnreachableError
from leadscore.hubspot.connection import connect
from leadscore.hubspot.oauth import OAuthToken
from leadscore.hubspot.tokens import kept_app
from leadscore.hubspot.vault import Vault
from leadscore.sandbox import open_sandbox
from leadscore.sandbox.oauthstore import forget
from leadscore.settings import load_settings
from leadscore.signingin import sign_in, sign_out, signed_in

WRONG = "pat-na1-00000000-1111-2222-3333-444444444444"


@pytest.fixture(scope="module")
def served():
    with open_sandbox(contacts=20, seed=3, process=False, limits=False) as one:
        yield one


@pytest.fixture(scope="module")
def app(served):
    with connect(served) as portal:
        return portal.transport.call("GET", "/__sandbox/oauth/app")


@pytest.fixture(autouse=True)
def _at_the_sandbox(served, monkeypatch):
    monkeypatch.setenv("LEADSCORE_BASE_URL", served.url)


def _dance(app, visitor=None, name="acme", **more):
    """Sign in by OAuth, with somebody who looks at the page that is opened."""
    secrets = {"client_id": app["clientId"], "client_secret": app["clientSecret"]}
    with browsing(visitor or Visitor()):
        return sign_in(name, port=0, **({"timeout": 10} | secrets | more))


def test_a_portal_is_signed_in_to_by_its_token_once_and_found_by_its_name(served):
    with sign_in("acme", token=served.token) as portal:
        assert (portal.id, portal.token.origin) == (served.portal_id, "the portal acme")
        assert portal.settings.workspace.as_posix() == ".leadscore/portals/acme"
    with connect(name="acme") as portal:
        assert portal.transport.call("GET", portal.path("objects", "contacts"))["results"]
    (row,) = signed_in().to_dict("records")
    assert (row["name"], row["portal_id"], row["kind"]) == ("acme", served.portal_id, "token")
    assert (row["kept"], row["url"]) == ("file", served.url)
    assert abs(pd.Timestamp.now("UTC") - row["since"]) < pd.Timedelta("1h")
    told = {"name": "acme", "portal_id": served.portal_id, "kind": "token", "revoked": False}
    assert sign_out("acme") == told
    with pytest.raises(SettingsError, match="signed in to as acme"):
        connect(name="acme")


def test_the_frame_has_its_types_where_there_is_no_portal(served):
    kinds = ["str", "int64", "str", "str", "datetime64[us, UTC]", "str"]
    assert [str(kind) for kind in signed_in().dtypes] == kinds
    sign_in("acme", token=served.token).close()
    assert [str(kind) for kind in signed_in().dtypes] == kinds


def test_a_name_that_is_set_goes_before_a_token_and_its_workspace_after_one_that_is_set(
    served, monkeypatch
):
    sign_in("acme", token=served.token).close()
    monkeypatch.setenv("LEADSCORE_PORTAL", "acme")
    monkeypatch.setenv("HUBSPOT_PRIVATE_APP_TOKEN", WRONG)
    monkeypatch.setenv("LEADSCORE_BASE_URL", "https://api.hubapi.com")
    with connect() as portal:  # its own token and its own address
        assert portal.id == served.portal_id
    assert load_settings().workspace.as_posix() == ".leadscore/portals/acme"
    monkeypatch.setenv("LEADSCORE_WORKSPACE", "crm")
    with connect() as portal:
        assert portal.settings.workspace.as_posix() == "crm"


def test_a_token_that_is_rotated_by_another_sign_in_is_picked_up_by_one_who_works(served):
    with sign_in("acme", token=served.token) as portal:
        before = served.portal.token
        served.portal.token = rotated = WRONG.replace("444444444444", "000000000001")
        try:
            sign_in("acme", token=rotated).close()
            assert portal.transport.call("GET", portal.path("objects", "contacts"))["results"]
            assert portal.token.get().get_secret_value() == rotated
        finally:
            served.portal.token = before


def test_a_name_stands_for_one_portal(served):
    sign_in("acme", token=served.token).close()
    with open_sandbox(contacts=1, seed=4, process=False, limits=False) as other:
        there = load_settings(base_url=other.url)
        with pytest.raises(SettingsError, match=f"acme is portal {served.portal_id}"):
            sign_in("acme", token=other.token, settings=there)
        vault = Vault(load_settings())
        raw = json.loads((vault.folder / "acme.json").read_text())
        raw |= {"base_url": other.url, "secrets": {"token": other.token}}
        (vault.folder / "acme.json").write_text(json.dumps(raw))
        with pytest.raises(SettingsError, match=f"now of portal {other.portal_id}"):
            connect(name="acme")


@pytest.mark.parametrize(
    ("token", "error"), [(WRONG, AuthenticationError), ("pat na1 canary", SettingsError)]
)
def test_a_token_that_does_not_work_is_not_kept(token, error):
    with pytest.raises(error):
        sign_in("acme", token=token)
    assert signed_in().empty


def test_where_nobody_can_be_asked_it_says_how_else():
    code = "import leadscore as ls; ls.sign_in('acme')"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        stdin=subprocess.DEVNULL,
        start_new_session=True,  # no terminal
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Nobody can be asked for a secret here" in done.stderr
    assert "Pipe it into" in done.stderr


def test_oauth_from_the_page_to_a_portal_that_refreshes_itself_and_is_revoked(served, app, capfd):
    visitor = Visitor()
    with _dance(app, visitor) as portal:
        asked = {n: t[0] for n, t in parse_qs(urlsplit(visitor.url).query).items()}
        assert asked["scope"].split() == [
            *("oauth", "crm.objects.contacts.read"),
            *("crm.schemas.contacts.write", "crm.objects.contacts.write"),
        ]
        assert "crm.objects.deals.read" in asked["optional_scope"]
        assert asked["redirect_uri"].startswith("http://localhost:")
        assert (visitor.status, "close this window" in visitor.page) == (200, True)
        assert portal.id == served.portal_id
        assert set(asked["scope"].split()) <= portal.scopes
        before = portal.token.get()
        served.advance(1801)
        assert portal.transport.call("GET", portal.path("objects", "contacts"))["results"]
        assert portal.token.get() != before
    assert signed_in()["kind"].tolist() == ["oauth"]
    kept = kept_app(Vault(load_settings()), "acme", "2026-03").refresh_token.get_secret_value()
    assert sign_out("acme")["revoked"]
    assert kept not in served.portal.shelf("oauth")["refresh"]
    assert signed_in().empty
    out, err = capfd.readouterr()
    assert (out, "oauth/authorize?" in err) == ("", True)


def test_secrets_are_in_the_store_of_secrets_and_nowhere_else(served, app, capfd, tmp_path):
    visitor = Visitor()
    with _dance(app, visitor) as portal:
        access = portal.token.get().get_secret_value()
    state = parse_qs(urlsplit(visitor.back).query)
    code = state["code"][0]
    refresh = kept_app(Vault(load_settings()), "acme", "2026-03").refresh_token.get_secret_value()
    store = ["config/portals/acme.json"]
    assert where_is(refresh, tmp_path) == where_is(app["clientSecret"], tmp_path) == store
    said = "".join(capfd.readouterr()) + visitor.page + repr(portal) + repr(portal.token)
    for secret in (access, code):
        assert not where_is(secret, tmp_path)
    assert not any(s in said for s in (access, code, refresh, app["clientSecret"]))


def test_with_a_keyring_no_file_has_a_secret(served, app, tmp_path):
    with ring_of(Memory()) as ring, _dance(app) as portal:
        assert portal.id == served.portal_id
        assert signed_in()["kept"].tolist() == ["keyring"]
        assert not where_is(app["clientSecret"], tmp_path)
        sign_out("acme")
        assert not ring.kept


@pytest.mark.parametrize(
    ("visitor", "error", "said"),
    [
        (Visitor("deny"), AuthenticationError, "said no"),
        (Visitor(change={"state": "another"}), UnreachableError, "of another sign-in"),
        (Visitor(change={"code": "another"}), AuthenticationError, "code of OAuth"),
    ],
    ids=["refused", "another state", "another code"],
)
def test_an_answer_that_is_no_yes_of_ours_keeps_nothing(app, visitor, error, said):
    with pytest.raises(error, match=said) as caught:
        _dance(app, visitor, timeout=1)
    assert signed_in().empty
    told = "".join(traceback.format_exception(caught.value)) + f"{vars(caught.value)}"
    assert app["clientSecret"] not in told


def test_a_code_that_is_stolen_is_worth_nothing_without_our_verifier(served, app):
    class Thief(Visitor):
        def answer(self, url):
            back = super().answer(url)
            codes = served.portal.shelf("oauth")["codes"]
            (code,) = parse_qs(urlsplit(back).query)["code"]
            codes[code]["challenge"] = "that of somebody else"
            return back

    with pytest.raises(AuthenticationError, match="verifier"):
        _dance(app, Thief())
    assert signed_in().empty


def test_an_answer_that_never_comes_is_said_after_a_while(app):
    class Away(Visitor):
        def open(self, *_: object, **__: object) -> bool:
            return True

    with pytest.raises(UnreachableError, match="No answer came"):
        _dance(app, Away(), timeout=0.1)


def test_a_wrong_client_secret_says_how_to_go_on(app):
    with pytest.raises(AuthenticationError, match="refuses the app") as caught:
        _dance(app, client_secret="canary-wrong")
    assert "leadscore login acme" in caught.value.hint
    assert "canary-wrong" not in f"{caught.value}"


def test_a_browser_on_another_machine_is_pasted_from(served, app, capsys):
    def pasted():
        url = capsys.readouterr().err.split()[-1]
        return Visitor().answer(url)

    secrets = {"client_id": app["clientId"], "client_secret": app["clientSecret"]}
    with sign_in("acme", paste=pasted, **secrets) as portal:
        assert portal.id == served.portal_id
    sign_out("acme")


def test_a_portal_that_was_revoked_at_hubspot_says_to_sign_in_again(served, app):
    _dance(app).close()
    kept = kept_app(Vault(load_settings()), "acme", "2026-03").refresh_token.get_secret_value()
    forget(served.portal, kept)
    with pytest.raises(AuthenticationError, match="invalid, expired or revoked") as caught:
        connect(name="acme")
    assert caught.value.hint == "Sign in again: `leadscore login acme`."


def test_one_who_works_while_it_is_signed_out_of_is_told_at_the_next_refresh(served, app):
    with _dance(app) as portal:
        sign_out("acme")
        served.advance(1801)
        with pytest.raises(SettingsError, match="No portal is signed in to as acme"):
            portal.transport.call("GET", portal.path("objects", "contacts"))


def test_what_cannot_be_revoked_is_kept_unless_it_is_to_be_forgotten_all_the_same(served, app):
    _dance(app).close()
    served.faults({"match": {"path": "*/token/revoke"}, "action": {"status": 400}})
    try:
        with pytest.raises(AuthenticationError, match="HubSpot") as caught:
            sign_out("acme")
        assert "--force" in caught.value.hint
        assert len(signed_in()) == 1
        assert not sign_out("acme", force=True)["revoked"]
        assert signed_in().empty
    finally:
        served.clear_faults()


def test_a_portal_that_is_not_there_cannot_be_signed_out_of():
    for force in (False, True):
        with pytest.raises(SettingsError, match="signed in to as acme"):
            sign_out("acme", force=force)


def test_consent_to_another_portal_than_the_names_is_taken_back(served, app):
    sign_in("acme", token=served.token).close()
    raw = Vault(load_settings()).folder / "acme.json"
    raw.write_text(json.dumps(json.loads(raw.read_text()) | {"portal_id": 5}))
    before = set(served.portal.shelf("oauth")["refresh"])
    with pytest.raises(SettingsError, match="acme is portal 5"):
        _dance(app)
    assert set(served.portal.shelf("oauth")["refresh"]) == before


def _refreshes(folder, url, barrier, times):
    """Refresh by name, in a process of its own, and fail where the token was old."""
    from leadscore.hubspot.tokens import named_token
    from leadscore.settings import Settings

    source = named_token(Settings(config=folder, base_url=url), "acme")
    barrier.wait(30)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(times):
            source.renew()


@pytest.fixture
def replacing(served):
    served.portal.shelf("oauth")["refresh"].clear()
    served.portal.new_refresh_tokens = True
    yield served.portal.shelf("oauth")["refresh"]
    served.portal.new_refresh_tokens = False


def _kept_now():
    return kept_app(Vault(load_settings()), "acme", "2026-03").refresh_token.get_secret_value()


def test_two_processes_that_refresh_at_once_never_use_a_token_that_was_replaced(
    served, app, replacing, tmp_path
):
    _dance(app).close()
    spawning = multiprocessing.get_context("spawn")
    told = (tmp_path / "config", served.url, spawning.Barrier(2), 5)
    both = [spawning.Process(target=_refreshes, args=told) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join(60)
    assert [one.exitcode for one in both] == [0, 0]
    assert list(replacing) == [_kept_now()]


def test_a_refresh_token_that_is_replaced_is_kept_by_its_name_without_a_warning(app, replacing):
    _dance(app).close()
    before = _kept_now()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with connect(name="acme") as portal:
            assert isinstance(portal.token, OAuthToken)
            assert portal.token.refresh_token.get_secret_value() == _kept_now() != before
