from __future__ import annotations

from leadscore import signintexts

ROW = {"scope": "files", "job": "files", "need": "needed", "why": "upload", "granted": None}
LINE = {
    "scopes": [ROW],
    "checked": False,
    "unchecked": "There is none.",
    "missing": [],
    "unused": [],
    "portal_id": 7,
}


def test_a_scope_that_one_job_needs_and_another_likes_is_one_row_among_the_needed():
    other = ROW | {"job": "report", "need": "optional"}
    text = signintexts.scopes(LINE | {"scopes": [other, ROW]})
    assert text.splitlines()[:2] == ["Cannot do without:", "  files  upload (report, files)"]
    assert "Does less" not in text


def test_the_last_sentence_says_what_is_to_be_done():
    row = ROW | {"granted": False}
    checked = LINE | {"scopes": [row], "checked": True, "missing": ["files"], "unused": []}
    assert "MISSING  files" in signintexts.scopes(checked)
    assert signintexts.scopes(checked).endswith("service key or app in HubSpot.")
    good = checked | {"scopes": [row | {"granted": True}], "missing": []}
    assert signintexts.scopes(good).endswith("has all that is needed, and no more.")


def test_a_scope_with_control_codes_does_nothing_to_a_terminal():
    assert "\x1b" not in signintexts.scopes(LINE | {"scopes": [ROW | {"scope": "a\x1b[2Jb"}]})


ACME = {
    "name": "acme",
    "portal_id": 7,
    "kind": "token",
    "kept": "file",
    "since": "2026-11-30T10:00:00Z",
    "url": "https://api.hubapi.com",
}


def test_what_was_signed_in_to_says_how_to_use_it_and_what_is_left_after_signing_out():
    text = signintexts.login(ACME | {"workspace": "crm"})
    assert "--portal acme" in text
    assert "rotate or delete it in HubSpot" in signintexts.logout(ACME | {"revoked": False})
    assert "revoked at HubSpot" in signintexts.logout(ACME | {"revoked": True})


def test_portals_are_a_row_each_and_the_one_in_use_is_marked():
    head, row = signintexts.portals({"portals": [ACME], "current": "acme"}).splitlines()
    assert row.startswith("*  acme")
    assert head.index("portal") == row.index("7")
    assert "leadscore login" in signintexts.portals({"portals": [], "current": None})
