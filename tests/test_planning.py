from __future__ import annotations

import pandas as pd
import pytest

from leadscore.errors import PlanError
from leadscore.hubspot.writing import update_batch
from leadscore.planning import plan
from leadscore.writeback import apply


def test_a_first_plan_creates_the_properties_and_holds_every_contact(portal, scores):
    made = plan(portal, scores, progress=False)
    assert len(made.changes) == len(scores)
    assert "leadscore_score" in made.creates_properties
    assert made.changes["old.leadscore_score"].isna().all()


def test_planning_writes_nothing(portal, sandbox, scores):
    before = len(sandbox.portal.writes)
    plan(portal, scores, progress=False)
    assert len(sandbox.portal.writes) == before
    assert "leadscore_score" not in portal_properties(portal)


def portal_properties(portal):
    reply = portal.transport.call("GET", portal.path("properties", "contacts"))
    return {definition["name"] for definition in reply["results"]}


def test_nothing_changed_is_an_empty_plan(portal, scores):
    apply(portal, plan(portal, scores, progress=False), progress=False)
    assert plan(portal, scores, progress=False).changes.empty


@pytest.mark.parametrize(("moved", "planned"), [(2, 0), (3, 1), (-3, 1)])
def test_a_score_is_written_again_only_when_it_moved_by_three_points(
    portal, scores, moved, planned
):
    apply(portal, plan(portal, scores, progress=False), progress=False)
    scores.loc[50, "score"] += moved
    assert len(plan(portal, scores, progress=False).changes) == planned


def test_a_change_of_tier_is_always_written_with_all_our_properties(portal, scores):
    apply(portal, plan(portal, scores, progress=False), progress=False)
    scores.loc[7, "tier"] = "A" if scores.loc[7, "tier"] != "A" else "B"
    row = plan(portal, scores, progress=False).changes.iloc[0]
    assert row["contact_id"] == scores.loc[7, "contact_id"]
    assert row["new.leadscore_score"] == row["old.leadscore_score"]
    assert pd.notna(row["new.leadscore_reasons"])


def test_somebody_elses_property_of_our_name_is_refused(portal, scores):
    body = {
        "name": "leadscore_score",
        "label": "Mine",
        "type": "string",
        "fieldType": "text",
        "groupName": "contactinformation",
    }
    portal.transport.call("POST", portal.path("properties", "contacts"), body=body, expect=(201,))
    with pytest.raises(PlanError, match="leadscore_score"):
        plan(portal, scores, progress=False)


def test_a_score_that_somebody_typed_is_compared_as_it_stands(portal, scores):
    apply(portal, plan(portal, scores, progress=False), progress=False)
    contact = scores.loc[10, "contact_id"]
    update_batch(portal, "contacts", {contact: {"leadscore_score": "99"}})
    changes = plan(portal, scores, progress=False).changes
    assert changes["contact_id"].tolist() == [contact]
    assert changes["old.leadscore_score"].tolist() == ["99"]


def test_a_plan_shows_itself_in_short_and_what_contacts_say_is_inert(portal, scores):
    scores["reasons"] = "<img src=x onerror=alert(1)>"
    made = plan(portal, scores, progress=False)
    shown = made._repr_html_()
    assert f"{len(scores):,} of {len(scores):,} contacts change" in shown
    assert "<img" not in shown
    assert made.summary(rows=3).columns.tolist() == [
        "contact_id", "score", "was", "tier", "was_tier", "reasons",
    ]  # fmt: skip


def test_an_empty_plan_shows_itself_too(portal, scores):
    empty = plan(portal, scores.head(0), progress=False)
    assert "0 of 0 contacts" in empty._repr_html_()


def test_those_held_out_are_never_in_a_plan(portal, scores):
    scores["held_out"] = scores.index % 10 == 0
    made = plan(portal, scores, progress=False)
    assert made.contacts == len(made.changes) == int((~scores["held_out"]).sum())
    assert not set(made.changes["contact_id"]) & set(scores.loc[scores["held_out"], "contact_id"])


def test_a_goal_reached_is_written_only_where_a_score_of_ours_stands(portal, scores):
    one, other = scores.loc[0, "contact_id"], scores.loc[1, "contact_id"]
    apply(
        portal, plan(portal, scores[scores["contact_id"] != other], progress=False), progress=False
    )
    won = scores.head(2).assign(
        tier="reached", probability=float("nan"), score=pd.array([pd.NA] * 2, dtype="Int64")
    )
    changes = plan(portal, won, progress=False).changes
    assert changes["contact_id"].tolist() == [one]
    assert changes["new.leadscore_tier"].tolist() == ["reached"]
    assert changes[["new.leadscore_score", "new.leadscore_trend"]].isna().all(axis=None)
    assert changes["old.leadscore_score"].tolist() == ["0"]
