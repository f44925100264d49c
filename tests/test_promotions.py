import sqlite3

import pytest

from leadscore.ledger import Ledger
from leadscore.promotions import (
    earlier,
    empty_reasons,
    live_id,
    note_promotion,
    promotions,
)
from leadscore.store import open_store

# The ledger's tables as they were before there was a journal of promotions.
OLD = """
CREATE TABLE portal (
    one INTEGER PRIMARY KEY CHECK (one = 1), portal_id INTEGER NOT NULL, bound_at TEXT NOT NULL);
CREATE TABLE runs (
    run TEXT PRIMARY KEY, kind TEXT NOT NULL, plan TEXT, status TEXT NOT NULL, pid INTEGER NOT NULL,
    started_at TEXT NOT NULL, finished_at TEXT, facts TEXT NOT NULL);
CREATE TABLE checkpoints (name TEXT PRIMARY KEY, value TEXT NOT NULL, updated_at TEXT NOT NULL);
CREATE TABLE plans (plan TEXT PRIMARY KEY, created_at TEXT NOT NULL, facts TEXT NOT NULL);
CREATE TABLE journal (
    run TEXT NOT NULL REFERENCES runs (run), object_id TEXT NOT NULL, state TEXT,
    old TEXT NOT NULL DEFAULT '{}', new TEXT NOT NULL DEFAULT '{}', reason TEXT NOT NULL DEFAULT '',
    intent_at TEXT, outcome_at TEXT, verified_at TEXT, PRIMARY KEY (run, object_id)) WITHOUT ROWID;
INSERT INTO portal VALUES (1, 42, '2026-01-01T00:00:00.000Z');
INSERT INTO checkpoints VALUES ('model', '"aaaa"', '2026-01-01T00:00:00.000Z');
PRAGMA user_version = 1;
"""


@pytest.fixture
def ledger(tmp_path):
    opened = Ledger(tmp_path / "ledger.sqlite")
    yield opened
    opened.close()


def put(ledger, *models, prefix="leadscore", kind="promote"):
    for model in models:
        note_promotion(ledger, model, prefix=prefix, kind=kind, why="a test")


def test_the_last_promoted_is_live_and_each_prefix_has_its_own(ledger):
    assert live_id(ledger, "leadscore") is None
    put(ledger, "aaaa", "bbbb")
    put(ledger, "cccc", prefix="deals")
    assert live_id(ledger, "leadscore") == "bbbb"
    assert live_id(ledger, "deals") == "cccc"
    assert ledger.checkpoint("model") == "bbbb", "other parts read the default prefix's here"


def test_the_journal_tells_what_was_live_before_and_when(ledger):
    put(ledger, "aaaa", "bbbb")
    found = promotions(ledger)
    assert found[["model", "before"]].values.tolist() == [["aaaa", ""], ["bbbb", "aaaa"]]
    assert str(found["promoted_at"].dtype) == "datetime64[us, UTC]"
    assert found["promoted_at"].is_monotonic_increasing


def test_each_roll_back_goes_one_further_back(ledger):
    put(ledger, "aaaa", "bbbb", "cccc")
    assert earlier(ledger, "leadscore") == ["bbbb", "aaaa"]
    put(ledger, "bbbb", kind="roll_back")
    assert earlier(ledger, "leadscore") == ["aaaa"]
    put(ledger, "aaaa", kind="roll_back")
    assert earlier(ledger, "leadscore") == []


def test_what_was_rolled_back_from_is_not_gone_back_to(ledger):
    put(ledger, "aaaa", "bbbb")
    put(ledger, "aaaa", kind="roll_back")
    put(ledger, "cccc")
    assert earlier(ledger, "leadscore") == ["aaaa"]


def test_a_prefix_does_not_go_back_to_anothers_model(ledger):
    put(ledger, "aaaa", prefix="deals")
    put(ledger, "bbbb")
    assert earlier(ledger, "leadscore") == []


def test_a_ledger_from_before_promotions_keeps_its_model_and_can_go_back_to_it(tmp_path):
    path = tmp_path / "ledger.sqlite"
    old = sqlite3.connect(path)
    old.executescript(OLD)
    old.close()
    with open_store(tmp_path) as store:
        assert store.ledger.portal_id == 42
        assert live_id(store.ledger, "leadscore") == "aaaa"
        assert promotions(store.ledger).empty
        put(store.ledger, "bbbb")
        assert earlier(store.ledger, "leadscore") == ["aaaa"]


def test_a_model_made_live_past_the_journal_is_gone_back_to_as_well(ledger):
    put(ledger, "aaaa")
    ledger.set_checkpoint("model", "bbbb")
    assert earlier(ledger, "leadscore") == ["aaaa"]
    put(ledger, "cccc")
    assert earlier(ledger, "leadscore") == ["bbbb", "aaaa"]


def test_the_journal_and_what_is_live_change_together_or_not_at_all(ledger):
    put(ledger, "aaaa")
    ledger._connection.execute(
        "CREATE TRIGGER full BEFORE INSERT ON checkpoints BEGIN SELECT RAISE(FAIL, 'full'); END"
    )
    with pytest.raises(Exception, match="full"):
        put(ledger, "bbbb")
    assert live_id(ledger, "leadscore") == "aaaa"
    assert promotions(ledger)["model"].tolist() == ["aaaa"]


def test_a_reason_can_be_emptied_and_the_promotion_stays(ledger):
    empty_reasons(ledger, ["nothing yet"])
    put(ledger, "aaaa")
    empty_reasons(ledger, ["a test"])
    assert promotions(ledger)[["model", "why"]].values.tolist() == [["aaaa", ""]]
