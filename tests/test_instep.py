"""What was last in step: by digest, and gone with the person."""

from __future__ import annotations

from leadscore.instep import TABLE, InStep, most_at_once

PLAN = {"plan": "gold", "email": "ada@example.com", "seats": None}


def _kept(store, ids=("900000001", "900000002")):
    step = InStep(store, "contacts", "crm.csv")
    step.save([(step.key(one), one, step.digests(PLAN)) for one in ids])
    return step


def test_it_is_known_again_and_holds_no_value(store):
    step = _kept(store)
    base = InStep(store, "contacts", "crm.csv").load()[step.key("900000001")]
    assert base.id == "900000001"
    assert base.digests == step.digests(PLAN)
    assert base.digests["seats"] == "-"
    text = store.read(TABLE).to_csv()
    assert "gold" not in text
    assert "ada@" not in text


def test_another_table_or_workspace_is_another_link_with_other_digests(store, tmp_path):
    step = _kept(store)
    assert not InStep(store, "contacts", "other.csv").load()
    assert not InStep(store, "companies", "crm.csv").load()
    from leadscore.store import open_store

    other = InStep(open_store(tmp_path / "other"), "contacts", "crm.csv")
    assert other.digest("plan", "gold") != step.digest("plan", "gold")


def test_of_an_erased_contact_nothing_stays_and_the_others_are_known_as_before(store):
    step = _kept(store)
    store.erase(["900000001"])
    left = InStep(store, "contacts", "crm.csv")
    assert set(left.load()) == {step.key("900000002")}
    assert left.digest("plan", "gold") == step.digest("plan", "gold")


def test_what_is_forgotten_is_gone_and_a_checkpoint_adds_up(store):
    step = _kept(store)
    step.forget([step.key("900000001")])
    assert len(step.load()) == 1
    step.record(bookmark="a")
    step.record(position=None)
    assert step.recall() == {"bookmark": "a", "position": None}


def test_a_record_that_left_is_known_and_its_digests_with_it(store):
    step = _kept(store)
    key = step.key("900000001")
    step.save_gone([key], step.load(), done="kept")
    base = InStep(store, "contacts", "crm.csv").load()
    assert (base[key].gone, base[key].digests) == ("kept", step.digests(PLAN))
    assert base[step.key("900000002")].gone == ""
    step.save([(key, "900000001", step.digests(PLAN))], known=base)
    assert step.load()[key].gone == ""


def test_few_rows_may_go_at_once_and_one_always():
    assert [most_at_once(rows, None) for rows in (0, 1, 10, 39, 40, 1000)] == [1, 1, 1, 1, 2, 50]
    assert most_at_once(1000, 0) == 0
