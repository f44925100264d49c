from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd
import pytest
from portals import Hand

from leadscore.errors import AuthenticationError, GuardError, PlanError, SettingsError, UsageError
from leadscore.guards import check_guards, finding
from leadscore.hubspot.connection import connect
from leadscore.hubspot.writing import update_batch
from leadscore.planfile import Change, rows_of
from leadscore.planning import plan
from leadscore.promotions import note_promotion
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


@dataclass
class Note:
    """A followup as others are: one change per contact that enters a tier, one more at the end."""

    action: str = "note"
    reads: tuple[str, ...] = ("lifecyclestage", "no_such_property")
    seen: list = field(default_factory=list)
    prepared: int = 0

    def prepare(self, portal, prefix):
        self.prepared += 1

    def definitions(self, prefix):
        return ()

    def changes(self, scored):
        self.seen += scored
        return [Change(one.contact, {}, {"note": one.tier}) for one in scored if one.tier == "A"]

    def rest(self):
        return [Change("1", {"note": "old"}, {"note": ""})]

    def about(self):
        return {
            "kind": "note",
            "says": "Notes.",
            "notes": ["One is left out."],
            "n": len(self.seen),
        }


def test_what_follows_is_planned_after_the_scores_with_what_it_asked_for(portal, scores):
    follow, other = Note(), Note(action="other")
    made = plan(portal, scores, then=[follow, other], progress=False)
    assert follow.prepared == 1
    assert [a["action"] for a in made.facts["actions"]] == ["note", "other"]
    assert made.facts["actions"][0]["n"] == len(scores)
    tier_a = int((scores["tier"] == "A").sum())
    assert made.rows == {"scores": len(scores), "note": tier_a + 1, "other": tier_a + 1}
    assert [action for action, _ in rows_of(made.path)] == (
        ["scores"] * len(scores) + ["note"] * (tier_a + 1) + ["other"] * (tier_a + 1)
    )
    assert [one.contact for one in follow.seen] == scores["contact_id"].tolist()
    assert all(one.live["lifecyclestage"] for one in follow.seen)
    assert list(made.path.parent.iterdir()) == [made.path]
    assert made.notes == ["note: One is left out.", "other: One is left out."]


def test_two_actions_of_one_name_are_refused(portal, scores):
    for then in ([Note(), Note()], [Note(action="scores")]):
        with pytest.raises(UsageError, match="Two actions"):
            plan(portal, scores, then=then, progress=False)


def test_a_contact_that_is_gone_is_left_out_and_said(portal, scores):
    apply(portal, plan(portal, scores, progress=False), progress=False)
    gone = scores.loc[5, "contact_id"]
    Hand(portal).archive(gone)
    scores["score"] = (scores["score"] + 5) % 101
    made = plan(portal, scores, progress=False)
    assert gone not in set(made.changes["contact_id"])
    assert len(made.changes) == len(scores) - 1
    assert any("left out: 1 of the contacts" in note for note in made.notes)


def test_scores_that_are_none_never_get_into_a_plan(portal, scores, store):
    scores["score"] = scores["score"].astype("Float64")
    scores.loc[3, "score"] = float("inf")
    with pytest.raises(PlanError, match="no usable score"):
        plan(portal, scores, progress=False)
    assert not (store.workspace / "plans").exists()


def test_scores_that_lost_their_attrs_say_so(portal, scores):
    scores.attrs = {}
    with pytest.raises(PlanError, match="which workspace"):
        plan(portal, scores, progress=False)


def test_only_the_properties_that_are_wanted_are_planned(sandbox, scores, monkeypatch):
    monkeypatch.setenv("LEADSCORE_PROPERTIES", "score,tier,reasons")
    with connect(sandbox) as portal:
        made = plan(portal, scores, progress=False)
    assert made.properties == ["leadscore_score", "leadscore_tier", "leadscore_reasons"]
    assert list(made.creates_properties) == made.properties
    assert all(set(change.new) == set(made.properties) for change in made.of("scores"))


def test_a_plan_that_a_guard_blocks_is_made_and_says_so(portal, scores):
    scores.attrs["signal"] = False
    made = plan(portal, scores, max_writes=10, progress=False)
    assert made.blocked == ["no_signal", "write_cap"]
    with pytest.raises(GuardError) as caught:
        check_guards(made)
    assert caught.value.guards == made.blocked
    reasons = {"no_signal": "a rehearsal", "write_cap": "all of them"}
    more = reasons | {"big_moves": "not needed", "stale_plan": "nor this, before its time"}
    passed = plan(portal, scores, max_writes=10, override=more, progress=False)
    assert (passed.blocked, passed.overridden) == ([], reasons)
    assert check_guards(passed) == reasons


def test_an_inverted_model_is_blocked_by_what_the_portal_has(portal, scores):
    apply(portal, plan(portal, scores, progress=False), progress=False)
    assert plan(portal, scores, progress=False).blocked == []
    scores["score"] = 100 - scores["score"]
    assert "big_moves" in plan(portal, scores, progress=False).blocked


def test_fewer_contacts_than_the_last_time_are_blocked(portal, scores):
    apply(portal, plan(portal, scores, progress=False), progress=False)
    assert plan(portal, scores.head(230), progress=False).blocked == []
    assert plan(portal, scores.head(200), progress=False).blocked == ["fewer_contacts"]
    assert plan(portal, scores.head(0), progress=False).blocked == ["fewer_contacts"]


def test_scores_of_another_model_than_the_live_one_are_blocked(portal, scores, store):
    note_promotion(store.ledger, "other", prefix="leadscore", kind="promote", why="better")
    assert plan(portal, scores, progress=False).blocked == ["worse_model"]


def test_what_scoring_passed_over_stays_with_the_plan(portal, scores):
    found = finding("missing_features", blocks=True, says="All values of visits are missing.")
    scores.attrs |= {"guards": [found], "overridden": {"missing_features": "known"}}
    made = plan(portal, scores, progress=False)
    assert made.blocked == []
    assert made.overridden == {"missing_features": "known"}
    assert made.guards["guard"].tolist() == ["missing_features"]


def test_a_plan_keeps_what_an_apply_needs_to_know(portal, scores, store):
    apply(portal, plan(portal, scores, progress=False), progress=False)
    scores.loc[0, "score"] = 90
    facts = plan(portal, scores, progress=False).facts
    assert facts["store_version"] == store.version("contacts")
    assert set(facts["definitions"]) == set(facts["properties"])
    assert facts["movers"][0] | {"moved": 90} == facts["movers"][0]
    assert sum(facts["histogram"]["new"]) == len(scores)
    assert facts["counts"]["up"] == 1


def test_a_plans_folder_that_cannot_be_written_is_one_clear_error(portal, scores, store):
    (store.workspace / "plans").write_text("a file")
    with pytest.raises(SettingsError, match="is a file, not a folder"):
        plan(portal, scores, progress=False)


def test_a_portal_that_stops_answering_leaves_nothing_half_written(portal, sandbox, scores, store):
    apply(portal, plan(portal, scores, progress=False), progress=False)
    before = set((store.workspace / "plans").iterdir())
    match = {"path": "*/contacts/batch/read", "nth": {"from": 2}}
    sandbox.faults({"match": match, "action": {"status": 401}})
    with pytest.raises(AuthenticationError):
        plan(portal, scores, then=[Note()], progress=False)
    assert set((store.workspace / "plans").iterdir()) == before
