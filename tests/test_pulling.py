"""A table elsewhere that follows the portal."""

from __future__ import annotations

import pandas as pd
import pytest
import sqlalchemy as sa
from dying import Died, dying
from portals import Hand, truth

from leadscore.errors import UsageError
from leadscore.instep import InStep
from leadscore.pulling import pull
from leadscore.sqlsources import address
from leadscore.store import open_store

pytestmark = pytest.mark.parametrize("sandbox", [{"contacts": 25, "history": False}], indirect=True)
NAMES = ["email", "jobtitle", "phone"]


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path}/crm.db"


def _pull(portal, into, tmp_path, **more):
    options = {"properties": NAMES, "workspace": tmp_path / "crm", "progress": False} | more
    return pull(portal, "contacts", into, **options)


def _ids(sandbox):
    return sorted(truth(sandbox, "hs_object_id"), key=int)


def _sql(url, words, **values):
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        found = connection.execute(sa.text(words), values)
        rows = [tuple(row) for row in found] if found.returns_rows else []
    engine.dispose()
    return rows


def _table(url):
    return {str(row[0]): row[1:] for row in _sql(url, "SELECT id, email, jobtitle FROM contacts")}


def _truth(sandbox):
    emails, titles = truth(sandbox, "email"), truth(sandbox, "jobtitle")
    return {one: (emails[one], titles[one]) for one in emails}


@pytest.mark.parametrize("kind", ["db", "postgresql", "csv", "parquet"])
def test_the_table_holds_what_the_portal_holds_and_then_what_changed(
    portal, sandbox, tmp_path, url, kind, request
):
    url = request.getfixturevalue("postgres_url") if kind == "postgresql" else url
    is_table = kind in ("db", "postgresql")
    into = url if is_table else tmp_path / f"contacts.{kind}"
    first = _pull(portal, into, tmp_path)
    assert first.counts == {"added": 25, "updated": 0, "unchanged": 0, "gone": 0} | {
        "conflicts": 0,
        "held_back": 0,
    }
    one, hand = _ids(sandbox)[3], Hand(portal)
    hand.edit(one, jobtitle="Beekeeper")
    new = hand.create(email="nova@example.com")
    sandbox.advance(60)
    asked = len(sandbox.portal.requests)
    second = _pull(portal, into, tmp_path)
    assert (second.counts["added"], second.counts["updated"]) == (1, 1)
    batches = [r for r in list(sandbox.portal.requests)[asked:] if r.path.endswith("batch/read")]
    assert len(batches) == 1  # the two that changed, and no other
    if is_table:
        assert _table(url) == _truth(sandbox)
    else:
        frame = pd.read_csv(into, dtype=str) if kind == "csv" else pd.read_parquet(into)
        assert set(frame["id"]) == set(_truth(sandbox)) >= {new}
        assert frame.set_index("id").loc[one, "jobtitle"] == "Beekeeper"
        before = into.stat().st_mtime_ns
        _pull(portal, into, tmp_path)
        assert into.stat().st_mtime_ns == before  # nothing changed, nothing written


def test_a_record_that_left_is_told_and_stays_unless_asked(portal, sandbox, tmp_path, url):
    _pull(portal, url, tmp_path)
    gone = _ids(sandbox)[0]
    Hand(portal).archive(gone)
    sandbox.advance(60)
    done = _pull(portal, url, tmp_path)
    assert done.gone.to_numpy().tolist() == [[gone, "archived", "kept"]]
    assert gone in _table(url)
    assert _pull(portal, url, tmp_path).gone.empty  # once is enough


@pytest.mark.parametrize("deletions", ["mark", "delete"])
def test_rows_of_gone_records_are_marked_or_deleted_within_the_cap(
    portal, sandbox, tmp_path, url, deletions
):
    _pull(portal, url, tmp_path)
    gone = _ids(sandbox)[:2]
    for one in gone:
        Hand(portal).archive(one)
    sandbox.advance(60)
    held = _pull(portal, url, tmp_path, deletions=deletions)  # 5 % of 25 is one
    assert held.counts["held_back"] == 2
    assert set(gone) <= set(_table(url))
    done = _pull(portal, url, tmp_path, deletions=deletions, most_deletions=2)
    assert done.counts["gone"] == 2
    if deletions == "delete":
        assert not set(gone) & set(_table(url))
    else:
        marked = _sql(url, "SELECT id FROM contacts WHERE archived ORDER BY id")
        assert [one for (one,) in marked] == sorted(gone)


@pytest.mark.parametrize("full", [False, True])
def test_a_row_that_was_kept_can_be_marked_or_deleted_later_within_the_cap(
    portal, sandbox, tmp_path, url, full
):
    _pull(portal, url, tmp_path)
    gone = _ids(sandbox)[:2]
    for one in gone:
        Hand(portal).archive(one)
    sandbox.advance(60)
    assert _pull(portal, url, tmp_path).counts["gone"] == 2
    more = {"full": full, "deletions": "mark"}
    assert _pull(portal, url, tmp_path, **more).counts["held_back"] == 2
    marked = _pull(portal, url, tmp_path, **more, most_deletions=2)
    assert marked.gone["done"].tolist() == ["marked"] * 2
    assert _pull(portal, url, tmp_path, **more).gone.empty
    more |= {"deletions": "delete", "most_deletions": 2}
    deleted = _pull(portal, url, tmp_path, **more)
    assert deleted.gone.to_numpy().tolist() == [[one, "archived", "deleted"] for one in gone]
    assert not set(gone) & set(_table(url))
    assert _pull(portal, url, tmp_path, **more).gone.empty


def test_a_record_that_comes_back_is_in_step_again(portal, sandbox, tmp_path, url):
    _pull(portal, url, tmp_path)
    one = _ids(sandbox)[0]
    with open_store(tmp_path / "crm") as store:  # as if it had been gone at the last pull
        step = InStep(store, "contacts", f"{address(url)}, table contacts")
        step.save_gone([step.key(one)], step.load(), done="kept")
    for _ in range(2):
        done = _pull(portal, url, tmp_path, deletions="delete")
        assert (done.counts["added"], done.counts["gone"]) == (0, 0)
        assert not step.load()[step.key(one)].gone
    assert one in _table(url)


@pytest.mark.parametrize("kind", ["db", "csv"])
def test_the_columns_are_the_id_and_those_that_were_asked_for(portal, sandbox, tmp_path, url, kind):
    into = url if kind == "db" else tmp_path / "contacts.csv"
    _pull(portal, into, tmp_path, properties=(name for name in NAMES))
    if kind == "db":
        columns = [name for _, name, *_ in _sql(url, "PRAGMA table_info(contacts)")]
    else:
        columns = list(pd.read_csv(into))
    assert columns == ["id", *NAMES]
    assert _pull(portal, into, tmp_path, full=True).counts["unchanged"] == 25


@pytest.mark.parametrize("kind", ["db", "csv"])
def test_a_dry_run_counts_and_leaves_the_table_and_the_workspace_as_they_are(
    portal, sandbox, tmp_path, url, kind, store
):
    into = url if kind == "db" else tmp_path / "contacts.csv"
    dry = _pull(portal, into, tmp_path, dry_run=True)
    assert (dry.run, dry.counts["added"], store.tables()) == (None, 25, [])
    if kind == "db":
        assert not _sql(url, "SELECT name FROM sqlite_master")
    _pull(portal, into, tmp_path)
    one = min(truth(sandbox, "hs_object_id"))
    Hand(portal).archive(one)
    sandbox.advance(60)
    for _ in range(2):
        dry = _pull(portal, into, tmp_path, dry_run=True, deletions="delete")
        assert dry.gone.to_numpy().tolist() == [[one, "archived", "to be deleted"]]
    assert _pull(portal, into, tmp_path, deletions="delete").counts["gone"] == 1


def test_a_search_that_does_not_see_a_record_deletes_nothing(portal, sandbox, tmp_path, url):
    sandbox.faults({"action": {"index_lag": 3600}})
    new = Hand(portal).create(email="nova@example.com")
    done = _pull(portal, url, tmp_path, deletions="delete")
    assert done.gone.empty
    assert len(_table(url)) == 26
    assert new in _table(url)


@pytest.mark.parametrize(
    ("rule", "title"), [("portal", "Beekeeper"), ("source", "Mine"), ("report", "Mine")]
)
def test_what_both_sides_changed_goes_by_the_rule_and_is_told(
    portal, sandbox, tmp_path, url, rule, title
):
    _pull(portal, url, tmp_path)
    one, other = _ids(sandbox)[:2]
    Hand(portal).edit(one, jobtitle="Beekeeper")
    Hand(portal).edit(other, phone="+49301234")
    _sql(url, "UPDATE contacts SET jobtitle = 'Mine' WHERE id IN (:a, :b)", a=one, b=other)
    sandbox.advance(60)
    done = _pull(portal, url, tmp_path, conflicts=rule)
    won = "nobody" if rule == "report" else rule
    assert done.conflicts.to_numpy().tolist() == [[one, "jobtitle", won]]
    assert _table(url)[one][1] == title
    assert _table(url)[other][1] == "Mine"  # the table alone changed it
    again = _pull(portal, url, tmp_path, conflicts="portal", full=True)  # open until both agree
    assert again.counts["conflicts"] == (0 if rule == "portal" else 1)
    assert _table(url)[one][1] == "Beekeeper"
    assert _sql(url, "SELECT phone FROM contacts WHERE id = :a", a=other) == [("+49301234",)]


def test_a_pull_that_dies_anywhere_is_finished_by_the_next(portal, sandbox, tmp_path, url):
    with dying(0) as fuse:
        _pull(portal, url, tmp_path, workspace=tmp_path / "whole")
    for point in range(1, fuse.seen + 1, 3):
        place = f"sqlite:///{tmp_path}/crm{point}.db"
        with pytest.raises(Died), dying(point):
            _pull(portal, place, tmp_path, workspace=tmp_path / f"w{point}")
        Hand(portal).edit(_ids(sandbox)[0], jobtitle=f"Beekeeper {point}")
        sandbox.advance(60)
        _pull(portal, place, tmp_path, workspace=tmp_path / f"w{point}")
        assert _table(place) == _truth(sandbox)


def test_nothing_of_a_password_or_a_person_stays_in_the_workspace(portal, sandbox, tmp_path, url):
    _pull(portal, f"{url}?timeout=5", tmp_path)
    emails = [email.encode() for email in truth(sandbox, "email").values() if email]
    for path in (tmp_path / "crm").rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert not [email for email in emails if email in data], path
            assert b"timeout" not in data


def test_what_cannot_be_meant_is_refused_before_anything_is_read(portal, tmp_path, url):
    before = portal.requests
    with pytest.raises(UsageError, match="deletions is 'all'"):
        _pull(portal, url, tmp_path, deletions="all")
    with pytest.raises(UsageError, match="conflicts is 'mine'"):
        _pull(portal, url, tmp_path, conflicts="mine")
    assert portal.requests == before
    with pytest.raises(UsageError, match="no property 'emial'"):
        _pull(portal, url, tmp_path, properties=["emial"])
    assert not (tmp_path / "crm.db").exists()
