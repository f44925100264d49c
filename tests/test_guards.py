from __future__ import annotations

import pyarrow.parquet as pq
import pytest
from planfiles import change, plan_of

from leadscore.errors import GuardError, UsageError
from leadscore.guards import GUARDS, NEVER_OVERRIDDEN, accepted, check_guards, finding, guards_now
from leadscore.ledger import Ledger
from leadscore.plans import Plan, facts_of

BIG = finding("big_moves", blocks=True, value=0.4, limit=0.2, says="40 % of the contacts move.")
CAP = finding("write_cap", blocks=True, value=9, limit=5, says="9 contacts are to be written.")
NOTED = finding("distribution_shift", blocks=False, value=0.2, limit=0.25, says="A shift.")


def _plan(folder, *guards, **facts):
    return plan_of(folder, [change("7", 90, "A")], guards=list(guards), **facts)


@pytest.fixture
def ledger(tmp_path):
    with_file = Ledger(tmp_path / "ledger.sqlite")
    yield with_file
    with_file.close()


def test_a_plan_that_nothing_blocks_passes(tmp_path, ledger):
    assert check_guards(_plan(tmp_path), portal_id=7, ledger=ledger) == {}
    assert check_guards(_plan(tmp_path, NOTED)) == {}


def test_all_that_block_are_named_at_once_with_figures_and_what_to_do(tmp_path):
    plan = _plan(tmp_path, BIG, CAP, NOTED)
    with pytest.raises(GuardError) as caught:
        check_guards(plan)
    assert caught.value.guards == ["big_moves", "write_cap"]
    assert caught.value.exit_code == 4
    assert "found 0.4, limit 0.2" in caught.value.message
    for word in ("--override big_moves --override write_cap --reason", str(plan.path)):
        assert word in caught.value.hint


def test_a_guard_is_passed_over_one_by_one_and_the_reason_is_kept(tmp_path):
    plan = _plan(tmp_path, BIG, CAP)
    with pytest.raises(GuardError) as caught:
        check_guards(plan, {"big_moves": "a new model"})
    assert caught.value.guards == ["write_cap"]
    both = {"big_moves": "a new model", "write_cap": "the first time", "no_signal": "unused"}
    assert check_guards(plan, both) == {k: both[k] for k in ("big_moves", "write_cap")}


def test_what_a_plan_was_made_with_counts_as_much(tmp_path):
    plan = _plan(tmp_path, BIG, overridden={"big_moves": "looked at"})
    assert plan.blocked == []
    assert check_guards(plan) == {"big_moves": "looked at"}


def test_another_portal_is_never_passed_over(tmp_path):
    plan = _plan(tmp_path)
    with pytest.raises(GuardError, match="made for portal 7, and this is portal 8") as caught:
        check_guards(plan, portal_id=8)
    assert "--override" not in caught.value.hint
    with pytest.raises(UsageError, match="other people's"):
        check_guards(plan, {"other_portal": "it will be fine"}, portal_id=8)
    assert {"other_portal"} == NEVER_OVERRIDDEN


def test_an_expired_plan_is_stale(tmp_path):
    plan = _plan(tmp_path, hours=-1)
    with pytest.raises(GuardError, match="expired"):
        check_guards(plan, portal_id=7)
    assert check_guards(plan, {"stale_plan": "I know"}, portal_id=7) == {"stale_plan": "I know"}


def test_a_plan_is_stale_when_another_was_applied_since(tmp_path, ledger):
    ledger.start_run("apply", plan="before")
    plan = _plan(tmp_path)
    ledger.start_run("apply", plan=plan.id)
    ledger.start_run("sync")
    assert guards_now(plan, ledger=ledger) == []
    run = ledger.start_run("apply", plan="another")
    assert [f["guard"] for f in guards_now(plan, ledger=ledger)] == ["stale_plan"]
    assert run in guards_now(plan, ledger=ledger)[0]["says"]


def test_parts_of_one_plan_do_not_make_each_other_stale(tmp_path, ledger):
    whole = _plan(tmp_path)
    parts = [_plan(tmp_path, taken_from=whole.id) for _ in range(2)]
    ledger.start_run("apply", plan=parts[0].id)
    assert guards_now(parts[1], ledger=ledger) == []
    assert guards_now(whole, ledger=ledger) == []
    ledger.start_run("apply", plan=_plan(tmp_path).id)
    assert guards_now(parts[1], ledger=ledger)


def test_an_edited_plan_blocks_and_can_be_passed_over(tmp_path):
    plan = _plan(tmp_path)
    edited = pq.read_table(plan.path).set_column(1, "contact_id", [["8"]])
    meta = pq.read_metadata(plan.path).metadata
    pq.write_table(edited.replace_schema_metadata(meta), plan.path)
    plan = Plan(plan.path, facts_of(plan.path))
    with pytest.raises(GuardError) as caught:
        check_guards(plan, portal_id=7)
    assert caught.value.guards == ["edited_plan"]
    check_guards(plan, {"edited_plan": "I edited it"}, portal_id=7)


@pytest.mark.parametrize(
    ("override", "said"),
    [({"nope": "x"}, "no guard 'nope'"), ({"write_cap": "  "}, "only for a reason")],
)
def test_an_override_that_is_none_is_refused_in_words(override, said):
    with pytest.raises(UsageError, match=said):
        accepted(override)


def test_an_unknown_guard_is_answered_with_those_there_are():
    with pytest.raises(UsageError) as caught:
        accepted({"nope": "x"})
    assert all(name in caught.value.hint for name in set(GUARDS) - NEVER_OVERRIDDEN)
