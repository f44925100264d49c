from __future__ import annotations

import pytest

from leadscore.errors import UsageError
from leadscore.nativebody import native_body
from leadscore.rulefiles import parse

KNOWN = {
    "seats": {"name": "seats", "type": "number"},
    "jobtitle": {"name": "jobtitle", "type": "string"},
    "opened": {"name": "opened", "type": "datetime"},
}


def _native(text):
    return native_body(parse(text), "Ours", KNOWN)


def test_groups_rules_limits_and_points_are_all_there():
    native = _native("""
max: 80
groups:
  Who they are:
    max: 50
    min: -10
    rules:
      - {property: jobtitle, contains: [sales], points: 20}
      - {property: seats, at_least: 5, less_than: 9, points: -5.5}
""")
    body = native.body
    assert (body["name"], body["objectTypeId"]) == ("Ours", "0-1")
    assert (body["allowedGroupTypes"], body["maxScorePerCategory"]) == (["FIT"], 80)
    (group,) = body["groupConfigs"]
    assert (group["minValue"], group["maxValue"], group["groupCategory"]) == (-10, 50, "FIT")
    rules = [one["configuration"]["calculation"] for one in group["ruleConfigurations"]]
    assert [rule["value"] for rule in rules] == [20, -5.5]
    assert [len(rule["whereCondition"]["conditions"]) for rule in rules] == [1, 2]
    assert all(rule["whereCondition"]["operator"] == "AND" for rule in rules)
    assert native.left_out == []


def test_what_cannot_be_said_is_left_out_with_its_reason_and_the_rest_is_kept():
    native = _native("""
groups:
  Fit:
    rules:
      - {property: jobtitle, seniority: [vp], points: 30}
      - {property: seats, at_least: 5, points: 10}
  Lost:
    rules:
      - {property: seats, points_each: 2, known: true}
""")
    assert [(points, why) for _, points, why in native.left_out] == [
        (30, "HubSpot knows no seniorities"),
        (2, "HubSpot gives no points for each unit of a number"),
    ]
    assert [group["groupName"] for group in native.body["groupConfigs"]] == ["Fit"]
    assert len(list(native.kept.rules)) == 1
    assert native.body["maxScorePerCategory"] == 10


def test_a_group_that_fades_as_a_whole_and_linearly_fades_in_hubspot_too():
    native = _native("""
groups:
  Did:
    kind: engagement
    decay: {percent: 50, every: month}
    rules:
      - {property: opened, within: 90 days, points: 10}
""")
    (group,) = native.body["groupConfigs"]
    decay = {"decayIntervalDays": 30, "percentToDecayPerInterval": 50}
    assert (group["groupCategory"], group["groupDecay"]) == ("INTENT", decay)
    assert any("unverified" in note for note in native.notes)


@pytest.mark.parametrize("decay", ["{half_life: 30 days}", "{percent: 12.5, every: month}"])
def test_points_that_fade_otherwise_are_left_out(decay):
    with pytest.raises(UsageError, match="whole percents"):
        _native(f"""
groups:
  Did:
    kind: engagement
    rules:
      - {{property: opened, within: 90 days, points: 10, decay: {decay}}}
""")


def test_a_score_of_both_sides_says_what_hubspot_does_otherwise():
    native = _native("""
max: 25
min: -5
groups:
  Fit: {rules: [{property: seats, at_least: 5, points: 20}]}
  Did: {kind: engagement, rules: [{property: opened, known: true, points: 20}]}
""")
    assert native.body["allowedGroupTypes"] == ["FIT", "INTENT"]
    told = " ".join(native.notes)
    assert "needs Enterprise" in told
    assert "no least score" in told
    assert "limits each side to 25" in told
