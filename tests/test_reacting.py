from __future__ import annotations

import pandas as pd
import pytest
from followed import tasks_of
from portals import truth

from leadscore import reacting
from leadscore.errors import GuardError, HubSpotError, UsageError
from leadscore.finding import find
from leadscore.followups import LeadStatus, Property, Segment, Stage, Task, Trigger
from leadscore.reacting import react
from leadscore.undoing import undo
from leadscore.writeback import apply

OPEN = [Property("hs_lead_status", "IN_PROGRESS")]
ACTION = "property hs_lead_status"


@pytest.fixture
def folder(tmp_path):
    return {"workspace": tmp_path / "crm", "progress": False}


@pytest.fixture
def frame(portal):
    found = find(portal, "contacts", hubspot_owner_id__has=True, limit=30, progress=False)
    return pd.DataFrame({"contact_id": found["id"], "tier": "C", "score": 50.0})


def written(run, action=ACTION):
    return run.actions.get(action, {}).get("written", 0)


def test_the_first_call_remembers_and_a_rise_is_acted_on_once(portal, frame, folder, sandbox):
    first = react(portal, frame, then=OPEN, **folder)
    assert first.actions == {}
    frame.loc[:2, "tier"] = "A"
    frame.loc[3:5, "tier"] = "D"
    assert written(react(portal, frame, then=OPEN, **folder)) == 3
    status = truth(sandbox, "hs_lead_status")
    assert {status[one] for one in frame["contact_id"][:3]} == {"IN_PROGRESS"}
    assert written(react(portal, frame, then=OPEN, **folder)) == 0


def test_a_fall_is_remembered_so_that_the_next_rise_counts(portal, frame, folder):
    for tier, acted in (("A", 0), ("B", 0), ("A", 1)):
        frame.loc[0, "tier"] = tier
        run = react(portal, frame, then=[Trigger()], **folder)
        assert written(run, "trigger A") == acted


def test_a_contact_that_is_new_counts_as_a_rise(portal, frame, folder):
    react(portal, frame[1:].assign(tier="A"), then=OPEN, **folder)
    assert written(react(portal, frame.assign(tier="A"), then=OPEN, **folder)) == 1


def test_what_was_can_be_given_and_the_first_call_can_act(portal, frame, folder):
    now = frame.assign(tier=["A"] * 4 + ["C"] * 26)
    plan = react(portal, now, then=OPEN, previous=frame, dry_run=True, **folder)
    assert plan.counts == {"changed": 4, ACTION: 4}
    assert written(react(portal, now[:2], then=OPEN, first="react", **folder)) == 2


def test_a_dry_run_shows_what_would_be_done_and_remembers_nothing(portal, frame, folder, sandbox):
    react(portal, frame, then=OPEN, **folder)
    frame.loc[0, "tier"] = "A"
    writes = len(sandbox.writes())
    plan = react(portal, frame, then=OPEN, dry_run=True, **folder)
    assert len(sandbox.writes()) == writes
    assert list(plan.changed.iloc[0]) == [frame["contact_id"][0], "C", "A"]
    assert f"1 contacts changed in 'tier'. {ACTION}: 1" in repr(plan)
    assert apply(portal, plan, progress=False).actions[ACTION]["written"] == 1


def test_any_other_column_reacts_to_every_change_or_to_some_values(portal, frame, folder):
    frame["plan"] = "free"
    task = [Task(subject="Thank them")]
    common = {"changed": "plan", "then": task, **folder}
    react(portal, frame, to="paid", **common)
    frame.loc[:1, "plan"] = "paid"
    frame.loc[2, "plan"] = "gone"
    plan = react(portal, frame, to="paid", dry_run=True, **common)
    assert plan.counts["changed"] == 2
    assert react(portal, frame, dry_run=True, **common).counts["changed"] == 3
    assert "whose plan changed" in plan.actions[0]["says"]
    react(portal, frame, to=["paid"], **common)
    bodies = [t["hs_task_body"] for one in frame["contact_id"][:3] for t in tasks_of(portal, one)]
    ours = [body for body in bodies if "leadscore task" in body]
    assert 1 <= len(ours) <= 2
    assert all("plan changed." in body for body in ours)


def test_all_that_can_follow_a_score_can_follow_a_rise_and_is_undone(
    portal, frame, folder, sandbox
):
    then = [Task(), Stage("customer"), LeadStatus("CONNECTED"), Segment("Best"), Trigger()]
    react(portal, frame, then=then, **folder)
    before = {name: truth(sandbox, name) for name in ("lifecyclestage", "hs_lead_status")}
    frame.loc[:4, "tier"] = "A"
    run = react(portal, frame, then=then, **folder)
    assert all(sum(counts.values()) for counts in run.actions.values())
    assert run.actions["segment Best"]["written"] == 5
    undo(portal, run.id, **folder)
    assert before == {name: truth(sandbox, name) for name in before}


def test_an_interrupted_call_is_brought_to_its_end_by_the_next(portal, frame, folder, sandbox):
    react(portal, frame, then=OPEN, **folder)
    frame.loc[:9, "tier"] = "A"
    sandbox.faults([{"match": {"path": "*/batch/update"}, "action": {"status": 403}}])
    with pytest.raises(HubSpotError):
        react(portal, frame, then=OPEN, **folder)
    sandbox.clear_faults()
    react(portal, frame, then=OPEN, **folder)
    status = truth(sandbox, "hs_lead_status")
    assert {status[one] for one in frame["contact_id"][:10]} == {"IN_PROGRESS"}


def test_a_call_that_was_killed_before_it_remembered_does_nothing_twice(
    portal, frame, folder, monkeypatch
):
    found = find(portal, "contacts", ids=frame["contact_id"], properties=["hs_email_optout"])
    new = found["id"][~found["hs_email_optout"].fillna(value=False)].iloc[0]
    react(portal, frame[frame["contact_id"] != new], then=[Task()], **folder)
    frame.loc[frame["contact_id"] == new, "tier"] = "A"

    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(reacting, "remember", killed)
        with pytest.raises(KeyboardInterrupt):
            react(portal, frame, then=[Task()], **folder)
    assert ours(portal, new) == 1
    react(portal, frame, then=[Task()], **folder)
    assert ours(portal, new) == 1


def ours(portal, contact):
    """Return how many tasks of a contact are leadscore's."""
    return sum(
        "leadscore task" in (task["hs_task_body"] or "") for task in tasks_of(portal, contact)
    )


def test_contacts_that_the_portal_lacks_are_left_out_and_told(portal, frame, folder):
    lost = pd.DataFrame({"contact_id": ["404"], "tier": ["A"]})
    plan = react(portal, lost, then=OPEN, first="react", dry_run=True, **folder)
    assert plan.counts[ACTION] == 0
    assert "left out: 1" in " ".join(plan.notes)


@pytest.mark.parametrize(
    ("change", "options", "said"),
    [
        ({"contact_id": "x"}, {}, "Row 0: contact_id is 'x'"),
        ({"contact_id": "7"}, {}, "comes twice"),
        ({}, {"changed": "plan"}, "no column 'plan'"),
        ({}, {"then": [*OPEN, *OPEN]}, "Two actions"),
        ({}, {"first": "maybe"}, "neither"),
        ({"grade": "gold"}, {"then": [Segment("Best")], "changed": "grade"}, "holds no tiers"),
        *(({"tier": odd}, {}, "column of tiers") for odd in ("Cold", "a", "A ", "None", 1)),
    ],
)
def test_what_cannot_be_meant_is_refused_before_anything(
    portal, frame, folder, change, options, said
):
    with pytest.raises(UsageError, match=said):
        react(portal, frame.assign(**change), **{"then": OPEN, **folder, **options})


def test_more_contacts_than_may_be_written_to_are_stopped(portal, frame, folder):
    with pytest.raises(GuardError, match="30 contacts"):
        react(portal, frame.assign(tier="A"), then=OPEN, first="react", max_writes=5, **folder)


def test_a_column_that_held_tiers_takes_nothing_else(portal, frame, folder):
    grades = frame.rename(columns={"tier": "grade"})
    common = {"changed": "grade", "then": OPEN, **folder}
    react(portal, grades, **common)
    grades.loc[0, "grade"] = "Cold"
    with pytest.raises(UsageError, match=r"'Cold' is none"):
        react(portal, grades, **common)


def test_a_change_of_type_is_none_and_a_value_that_is_gone_is_one_if_asked(portal, frame, folder):
    common = {"changed": "plan", "then": OPEN, **folder}
    react(portal, frame.assign(plan=1), **common)
    now = frame.assign(plan=[2.0, float("nan")] + [1.0] * 28)
    changed = {
        str(to): react(portal, now, to=to, dry_run=True, **common).changed["contact_id"].tolist()
        for to in (None, 2, [None])
    }
    first, second = frame["contact_id"][:2]
    assert changed == {"None": [first], "2": [first], "[None]": [second]}


def test_a_night_without_rows_does_nothing(portal, frame, folder):
    then = [*OPEN, Segment("Best")]
    react(portal, frame.assign(tier="A"), then=then, first="react", **folder)
    run = react(portal, frame.head(0), then=then, **folder)
    assert run.actions == {}
    frame.loc[0, "tier"] = "B"
    assert written(react(portal, frame, then=OPEN, **folder)) == 0
