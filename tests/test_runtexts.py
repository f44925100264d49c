from __future__ import annotations

from leadscore import runtexts

ZERO = dict.fromkeys(("written", "unchanged", "conflict", "rejected", "missing", "resolved"), 0)
RUN = {"started_at": "2026-11-25T08:35:54.000+00:00", "run": "r1", "status": "done"}
APPLY = RUN | {
    "kind": "apply", "finished_at": "2026-11-25T08:36:54.000+00:00", "plan": "p1",
    "facts": {"overridden": {"big_moves": "a new model"}, "model": "m1", "seconds": 60.0,
              "requests": 1234},
    "states": ZERO | {"written": 1200, "conflict": 3}, "verified": 1199, "unknown": 0,
    "actions": {"task A": ZERO | {"written": 12}}, "undone_by": "r2",
}  # fmt: skip


def test_a_workspace_without_runs_says_so():
    assert "No run" in runtexts.several({"runs": []})


def test_a_sync_among_the_runs_is_one_row_of_what_it_changed():
    facts = {
        "contacts": 3000, "companies": 1, "deals": 0, "changed": {"contacts": 1200},
        "removed": {"contacts": 1}, "requests": 191, "seconds": 9.43, "barred": {}, "why": [],
    }  # fmt: skip
    assert runtexts.several({"runs": [RUN | {"facts": facts}]}).endswith(
        "done         contacts 3,000 (1,200 changed, 1 removed), 191 requests, 9.4 s"
    )
    failed = RUN | {"status": "failed", "facts": {"error": {"kind": "bad_reply", "status": 200}}}
    assert runtexts.several({"runs": [failed]}).endswith("failed       kind bad_reply, status 200")


def test_an_apply_among_the_runs_is_one_row_of_its_states_and_of_what_became_of_it():
    assert runtexts.several({"runs": [APPLY]}).endswith(
        "1,200 written, 3 conflict, 1,199 verified, task A: 12 written, passed over big_moves, "
        "undone by r2"
    )


def test_that_the_same_command_goes_on_is_said_where_it_does():
    waiting = APPLY | {"unknown": 2}
    said = runtexts.several({"runs": [waiting | {"goes_on": True}]})
    assert "2 not known yet: the same command goes on" in said
    assert "goes on" not in runtexts.several({"runs": [waiting | {"goes_on": False}]})


def test_one_run_is_told_with_the_reasons_for_what_was_passed_over():
    said = runtexts.one(APPLY | {"contacts": [
        {"action": "scores", "contact_id": "7", "state": "conflict", "reason": "Changed."},
    ]})  # fmt: skip
    for words in ("passed over big_moves  a new model", "undone by              r2", "m1"):
        assert words in said
    assert said.splitlines()[-1].split() == ["7", "scores", "conflict", "Changed."]


def test_a_run_without_a_flaw_says_so_where_contacts_are_asked_for():
    assert "Every contact" in runtexts.one(APPLY | {"contacts": []})
    assert "Every contact" not in runtexts.one(APPLY)


def test_an_undo_says_what_stays():
    line = {"run": "r3", **ZERO, "written": 5, "verified": 5}
    assert runtexts.applied(line).splitlines()[:2] == ["run        r3", "written    5"]
    assert "created stay" in runtexts.undone(line)


def test_what_came_after_the_scores_has_rows_of_its_own():
    line = {"run": "r3", **ZERO, "verified": 0, "actions": {"task A": ZERO | {"written": 2}}}
    assert runtexts.applied(line).splitlines()[-1] == "task A     2 written"


def test_of_a_notebook_its_runs_and_what_they_came_to_are_told():
    did = {"written": 12, "rejected": 1, "runs": ["r1", "r2"], "incomplete": ["Two are missing."]}
    facts = {"notebook": "05_nightly", "seconds": 43.1, "did": did}
    times = {"started_at": "2026-01-01", "finished_at": "2026-01-01", "plan": None}
    text = runtexts.one({"run": "r", "status": "done", "facts": facts, **times})
    for row in ("contacts    12 written, 1 rejected", "its runs    r1, r2", "Two are missing."):
        assert row in text
    quiet = runtexts.one(
        {"run": "r", "status": "done", **times, "facts": {**facts, "did": {"runs": []}}}
    )
    assert "did" not in quiet
    assert "contacts" not in quiet
