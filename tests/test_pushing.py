"""A portal that follows a table elsewhere, and loses nothing by surprise."""

from __future__ import annotations

from contextlib import suppress

import pandas as pd
import pytest
import sqlalchemy as sa
from dying import Died, dying
from portals import Hand, truth

import leadscore as ls
from leadscore.errors import HubSpotError, TableError, UsageError
from leadscore.runlist import unwritten_rows

pytestmark = pytest.mark.parametrize("sandbox", [{"contacts": 12, "history": False}], indirect=True)
TABLE = pd.DataFrame(
    {
        "email": [f"p{n}@example.com" for n in range(5)],
        "jobtitle": ["Engineer"] * 5,
        "city": ["Ulm", "Bonn", None, "Ulm", "Ulm"],
    }
)


@pytest.fixture
def push(portal, store):
    def run(table=TABLE, **options):
        given = {"match": "email", "workspace": store.workspace, "progress": False} | options
        return ls.push(portal, "contacts", table, **given)

    return run


def _portal(sandbox, name="jobtitle"):
    emails, values = truth(sandbox, "email"), truth(sandbox, name)
    return {email: values[one] for one, email in emails.items() if email}


def _id(sandbox, email):
    return next(one for one, own in truth(sandbox, "email").items() if own == email)


def _changed(place, **values):
    table = TABLE.copy()
    for name, value in values.items():
        table.loc[place, name] = value
    return table


def test_rows_are_created_and_then_only_what_changed_is_asked_for_and_sent(push, sandbox):
    assert push().counts["created"] == 5
    asked, wrote = len(sandbox.portal.requests), len(sandbox.writes())
    assert push().counts["unchanged"] == 5
    mine = [r for r in list(sandbox.portal.requests)[asked:] if "objects" in r.path]
    assert (mine, len(sandbox.writes())) == ([], wrote)
    done = push(_changed(1, jobtitle="Chief"))
    assert (done.counts["updated"], done.counts["unchanged"]) == (1, 4)
    assert _portal(sandbox)["p1@example.com"] == "Chief"


def test_a_value_that_the_portal_alone_changed_is_not_overwritten(push, portal, sandbox):
    push()
    Hand(portal).edit(_id(sandbox, "p1@example.com"), jobtitle="By hand")
    done = push(_changed(1, city="Rom"))
    assert done.counts["conflicts"] == 0
    assert _portal(sandbox)["p1@example.com"] == "By hand"
    assert _portal(sandbox, "city")["p1@example.com"] == "Rom"


@pytest.mark.parametrize(
    ("rule", "title", "state"),
    [
        ("portal", "By hand", "conflict"),
        ("source", "Chief", "updated"),
        ("report", "By hand", "conflict"),
    ],
)
def test_what_both_sides_changed_goes_by_the_rule_and_is_told(
    push, portal, sandbox, rule, title, state
):
    push()
    one = _id(sandbox, "p1@example.com")
    Hand(portal).edit(one, jobtitle="By hand")
    table = _changed(1, jobtitle="Chief")
    done = push(table, conflicts=rule)
    won = "nobody" if rule == "report" else rule
    assert done.conflicts.to_numpy().tolist() == [[1, one, "jobtitle", won]]
    assert done.results["state"][1] == state
    assert _portal(sandbox)["p1@example.com"] == title
    again = push(table, conflicts=rule)
    assert again.counts["conflicts"] == (0 if rule == "source" else 1)  # it is told until it ends


def test_a_conflict_that_the_portal_won_is_open_to_a_later_call(push, portal, sandbox):
    push()
    Hand(portal).edit(_id(sandbox, "p1@example.com"), jobtitle="By hand")
    table = _changed(1, jobtitle="Chief")
    for rule in ("portal", "report", "portal"):
        assert push(table, conflicts=rule).counts["conflicts"] == 1
    assert push(table, conflicts="source").counts["updated"] == 1
    assert _portal(sandbox)["p1@example.com"] == "Chief"
    assert push(table, conflicts="report").counts["conflicts"] == 0


def test_where_they_never_were_in_step_two_values_are_a_conflict_and_gaps_are_filled(
    push, portal, sandbox
):
    Hand(portal).create(email="p1@example.com", jobtitle="By hand")
    done = push()
    assert done.conflicts["property"].tolist() == ["jobtitle"]
    assert _portal(sandbox)["p1@example.com"] == "By hand"
    assert _portal(sandbox, "city")["p1@example.com"] == "Bonn"


def test_a_value_taken_out_of_the_table_is_left_alone_unless_asked(push, sandbox):
    push()
    table = _changed(1, city=None)
    assert "left alone: city" in push(table).results["reason"][1]
    assert _portal(sandbox, "city")["p1@example.com"] == "Bonn"
    assert push(table, clear=True).counts["updated"] == 1
    assert _portal(sandbox, "city")["p1@example.com"] is None


@pytest.mark.parametrize("clear", [False, True])
def test_a_cell_that_cannot_be_read_clears_nothing_and_is_told(push, sandbox, clear):
    one = pd.DataFrame({"email": ["ada@example.com"], "city": ["Ulm"], "jobtitle": ["Engineer"]})
    bad = {"seats_needed": "12 Plätze", "hs_lead_status": "Nope", "phone": "n/a"}
    good = {"seats_needed": "12", "hs_lead_status": "NEW", "phone": "+49301234"}
    push(one.assign(**good))
    before = {name: _portal(sandbox, name)["ada@example.com"] for name in good}
    assert all(before.values())
    for table, state in (
        (one.assign(**bad), "unchanged"),
        (one.assign(city="Rom", **bad), "updated"),
    ):
        done = push(table, clear=clear)
        (told,) = done.results["reason"]
        assert (done.results["state"][0], done.counts["unread"]) == (state, 3)
        assert "empty in the table" not in told
        assert all(f"{name} left as it is: " in told for name in bad)
    assert {name: _portal(sandbox, name)["ada@example.com"] for name in good} == before
    done = push(one.assign(**bad | {"phone": None}), clear=True)
    assert _portal(sandbox, "phone")["ada@example.com"] is None


def test_a_row_that_is_gone_is_told_and_archived_only_when_asked_and_within_the_cap(push, sandbox):
    push(called="crm")
    left, crm = TABLE.iloc[:3], {"called": "crm"}
    assert push(left, **crm).gone["done"].tolist() == ["kept", "kept"]
    held = push(left, deletions="archive", **crm)  # 5 % of 5, and one at least
    assert (held.counts["held_back"], held.run) == (2, None)
    crm |= {"deletions": "archive", "most_deletions": 2}
    dry = push(left, dry_run=True, **crm)
    assert dry.gone["done"].tolist() == ["to be archived"] * 2
    assert "p4@example.com" in _portal(sandbox)
    assert push(left, **crm).counts["archived"] == 2
    assert "p4@example.com" not in _portal(sandbox)
    assert push(left, **crm).counts["gone"] == 0


def test_what_was_archived_is_on_record_and_undo_says_where_to_restore_it(
    push, portal, sandbox, store
):
    push(called="crm")
    gone = _id(sandbox, "p4@example.com")
    done = push(TABLE.iloc[:4], called="crm", deletions="archive")
    assert done.run == done.archive_run == done.as_dict()["archive_run"]
    with pytest.raises(UsageError, match="archived 1 contacts, and HubSpot's API has no") as said:
        ls.undo(portal, done.run, workspace=store.workspace)
    assert "90 days" in said.value.hint
    told = unwritten_rows(store.ledger, done.run)
    assert [(one["contact_id"], one["state"]) for one in told] == [(gone, "archived")]
    store.erase([gone])
    assert not unwritten_rows(store.ledger, done.run)


def test_archiving_whose_reply_is_lost_is_on_record_and_ends_with_the_next_push(
    push, portal, sandbox, store
):
    push(called="crm")
    gone, some = _id(sandbox, "p4@example.com"), {"called": "crm", "deletions": "archive"}
    sandbox.faults({"match": {"path": "*/batch/archive"}, "action": {"apply_then_reset": True}})
    with pytest.raises(HubSpotError):
        push(TABLE.iloc[:4], **some)
    sandbox.clear_faults()
    run = store.ledger.runs().iloc[-1]
    assert (run["kind"], run["status"]) == ("push", "failed")
    assert store.ledger.pending(run["run"], action="archived") == [gone]
    with pytest.raises(UsageError, match="1 more may be"):
        ls.undo(portal, run["run"], workspace=store.workspace)
    assert push(TABLE.iloc[:4], **some).gone.to_numpy().tolist() == [[gone, "left the portal"]]
    assert push(TABLE.iloc[:4], **some).counts["gone"] == 0


def test_a_frame_without_a_name_knows_of_no_row_that_is_gone(push, sandbox):
    push()
    other = TABLE.assign(email=[f"q{n}@example.com" for n in range(5)])
    assert push(other).gone.empty
    with pytest.raises(UsageError, match="Nothing tells this frame from others") as said:
        push(other, deletions="archive", most_deletions=50)
    assert "called=" in said.value.hint
    named = push(other, called="other", deletions="archive", most_deletions=50)
    assert named.gone.empty
    assert {"p0@example.com", "q0@example.com"} <= set(_portal(sandbox))


def test_a_record_that_somebody_changed_since_is_not_archived(push, portal, sandbox):
    push(called="crm")
    Hand(portal).edit(_id(sandbox, "p4@example.com"), jobtitle="By hand")
    done = push(TABLE.iloc[:4], called="crm", deletions="archive")
    assert done.gone["done"].tolist() == ["changed in the portal"]
    assert "p4@example.com" in _portal(sandbox)


def test_an_empty_table_deletes_nobody(push, sandbox):
    push(called="crm")
    with pytest.raises(TableError, match="no rows"):
        push(TABLE.iloc[:0], called="crm", deletions="archive")
    assert "p4@example.com" in _portal(sandbox)


def test_a_record_that_left_the_portal_is_not_made_again(push, portal, sandbox):
    push()
    Hand(portal).archive(_id(sandbox, "p1@example.com"))
    done = push(_changed(1, jobtitle="Chief"))
    assert done.results.loc[1, ["state", "reason"]].tolist() == [
        "missing",
        "it has left the portal",
    ]
    assert "p1@example.com" not in _portal(sandbox)


def test_a_dry_run_writes_nothing_and_keeps_nothing(push, sandbox, store):
    before = len(sandbox.writes())
    dry = push(dry_run=True)
    assert (dry.counts["create"], dry.dry_run, dry.run) == (5, True, None)
    assert (len(sandbox.writes()), store.tables()) == (before, [])


def test_a_push_that_dies_anywhere_is_finished_by_the_next_without_a_second_record(
    push, portal, sandbox, tmp_path
):
    with dying(0) as fuse:
        push(workspace=tmp_path / "whole")
    for point in range(1, fuse.seen + 1, 4):
        table = TABLE.assign(email=[f"q{point}-{n}@example.com" for n in range(5)])
        with suppress(Died), dying(point):
            push(table, workspace=tmp_path / f"w{point}")
        done = push(table, workspace=tmp_path / f"w{point}")
        assert done.counts["conflicts"] == 0
        emails = list(truth(sandbox, "email").values())
        assert [emails.count(one) for one in table["email"]] == [1] * 5
        assert {_portal(sandbox)[one] for one in table["email"]} == {"Engineer"}


def test_pull_and_push_share_what_is_in_step(push, portal, sandbox, tmp_path, store):
    url = f"sqlite:///{tmp_path}/crm.db"
    names, options = ["email", "jobtitle"], {"workspace": store.workspace, "progress": False}
    ls.pull(portal, "contacts", url, properties=names, **options)
    one, other = sorted(truth(sandbox, "hs_object_id"))[:2]
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        change = "UPDATE contacts SET jobtitle = 'Ours' WHERE id = :a"
        connection.execute(sa.text(change), {"a": one})
    Hand(portal).edit(other, jobtitle="Theirs")
    sandbox.advance(60)
    pushed = push(ls.sql("contacts", url), match="id")
    pulled = ls.pull(portal, "contacts", url, properties=names, **options)
    assert (pushed.counts["updated"], pushed.counts["conflicts"]) == (1, 0)
    assert pulled.counts["conflicts"] == 0
    with engine.connect() as connection:
        rows = connection.execute(sa.text("SELECT id, jobtitle FROM contacts")).all()
    engine.dispose()
    assert dict(map(tuple, rows)) == truth(sandbox, "jobtitle")
    assert (truth(sandbox, "jobtitle")[one], dict(map(tuple, rows))[other]) == ("Ours", "Theirs")
    assert push(ls.sql("contacts", url), match="id").counts["unchanged"] == len(rows)


def test_what_cannot_be_meant_is_refused(push, sandbox):
    before = len(sandbox.writes())
    for options, said in (
        ({"deletions": "all"}, "deletions is 'all'"),
        ({"conflicts": "mine"}, "conflicts is 'mine'"),
        ({"match": "phone"}, "No column of DataFrame goes to phone"),
    ):
        with pytest.raises(UsageError, match=said):
            push(**options)
    assert len(sandbox.writes()) == before
