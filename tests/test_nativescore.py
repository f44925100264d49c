from __future__ import annotations

import json

import pytest
from leadframes import leads

import leadscore as ls
from leadscore.errors import InvalidRequestError, MissingScopesError, SettingsError, UsageError
from leadscore.hubspot.leadscores import SCORES_PATH

RULES = """
groups:
  Fit:
    rules:
      - {property: jobtitle, contains: [sales], points: 20}
      - {property: jobtitle, seniority: [vp], points: 30}
"""


@pytest.fixture
def rules():
    return ls.rules.parse(RULES)


@pytest.fixture
def beta(sandbox, monkeypatch):
    """Return the portal for somebody who allows the beta."""
    monkeypatch.setenv("LEADSCORE_BETA", "lead-scoring")
    with ls.connect(sandbox) as portal:
        yield portal


def _scores(portal):
    return portal.transport.call("GET", SCORES_PATH)["results"]


def test_the_body_is_shown_and_nothing_is_sent(portal, sandbox, rules):
    before = [request.method for request in sandbox.portal.requests]
    draft = ls.rules.to_hubspot(portal, rules, name="Fit")
    asked = [request.method for request in sandbox.portal.requests][len(before) :]
    assert set(asked) == {"GET"}
    shown = repr(draft)
    assert "BETA" in shown
    assert "untested against HubSpot" in shown
    assert "Not sent." in shown
    assert "POST /marketing/lead-scoring/2026-09-beta/scores" in shown
    assert json.dumps(draft, indent=2) in shown
    assert "HubSpot knows no seniorities" in shown
    assert _scores(portal) == []


def test_nothing_is_sent_without_the_setting(portal, rules):
    with pytest.raises(SettingsError, match="LEADSCORE_BETA=lead-scoring"):
        ls.rules.to_hubspot(portal, rules, name="Fit", send=True)
    assert _scores(portal) == []


def test_what_is_sent_is_a_draft_as_it_was_shown(beta, rules):
    draft = ls.rules.to_hubspot(beta, rules, name="Fit", send=True)
    (score,) = _scores(beta)
    assert (score["id"], score["scoreStatus"], score["name"]) == (draft.sent, "draft", "Fit")
    kept = beta.transport.call("GET", f"{SCORES_PATH}/{draft.sent}/draft")
    assert kept == draft
    assert f"draft {draft.sent}, not published" in repr(draft)


def test_the_missing_scope_is_named_before_anything_is_sent(beta, sandbox, rules):
    sandbox.portal.scopes = {"crm.objects.contacts.read"}
    with pytest.raises(MissingScopesError, match="mh-lead-scoring-edit"):
        ls.rules.to_hubspot(beta, rules, name="Fit", send=True)


def test_a_combined_score_that_the_portal_may_not_have_says_so_and_one_side_goes(beta):
    both = ls.rules.parse(
        RULES
        + """
  Did: {kind: engagement, rules: [{property: hs_email_last_open_date, known: true, points: 5}]}
"""
    )
    with pytest.raises(MissingScopesError, match="Enterprise"):
        ls.rules.to_hubspot(beta, both, name="Both", send=True)
    for part, category in (("fit", "FIT"), ("engagement", "INTENT")):
        draft = ls.rules.to_hubspot(beta, both, name=part, part=part, send=True)
        assert draft["allowedGroupTypes"] == [category]
    assert len(_scores(beta)) == 2
    with pytest.raises(UsageError, match="fit or engagement"):
        ls.rules.to_hubspot(beta, both, name="x", part="both")


def test_a_model_becomes_points_first_and_the_loss_is_told(portal, sandbox):
    data = leads(600)
    model = ls.train(data)
    with pytest.raises(UsageError, match="training frame"):
        ls.rules.to_hubspot(portal, model, name="Model")
    with pytest.raises(UsageError, match="None of the rules"):  # the portal has none of these
        ls.rules.to_hubspot(portal, model, name="Model", data=data)
    definition = {"name": "visits", "label": "V", "type": "number", "fieldType": "number"}
    where = portal.path("properties", "contacts")
    group = {"groupName": "contactinformation"}
    portal.transport.call("POST", where, body=definition | group, expect=(201,))
    draft = ls.rules.to_hubspot(portal, model, name="Model", data=data)
    told = " ".join(draft.notes)
    assert "a loss of" in told
    assert "rules are left out: on the 600 rows given" in told
    assert "ROC AUC falls from" in told


def test_points_as_a_model_are_sent_as_their_rules(portal, rules):
    data = leads(300).assign(jobtitle="Sales")
    data.attrs["types"] = {**data.attrs["types"], "jobtitle": "string"}
    by_points = ls.rules.as_model(rules, data)
    assert ls.rules.to_hubspot(portal, by_points, name="P") == ls.rules.to_hubspot(
        portal, rules, name="P"
    )


def test_hostile_names_are_inert_where_the_draft_is_shown(portal):
    text = RULES.replace("Fit:", '"<img onerror=x>":')
    draft = ls.rules.to_hubspot(portal, ls.rules.parse(text), name="<script>\x1b[31m</script>")
    shown = draft._repr_html_()
    assert "<img" not in shown
    assert "<script" not in shown
    assert "\x1b" not in repr(draft)


def test_what_hubspot_refuses_is_told_in_its_words(beta, sandbox, rules):
    sandbox.faults([{"match": {"method": "POST", "path": "*/scores"}, "action": {"status": 400}}])
    with pytest.raises(InvalidRequestError):
        ls.rules.to_hubspot(beta, rules, name="Fit", send=True)
