"""The ledger forgets a person, keeps everybody else, and remembers that it forgot."""

import json

import pytest

from leadscore.distinctive import Marks
from leadscore.erasurelog import erasures, forget, forget_ids, note
from leadscore.errors import StoreError
from leadscore.ledger import Ledger
from leadscore.promotions import note_promotion, promotions
from leadscore.recordrows import Records
from leadscore.store import Store

PERSON = Records("contacts", ("31700000077",))
MARKS = Marks(PERSON.ids, ["Zq8 Forgetme"])


@pytest.fixture
def ledger(store: Store) -> Ledger:
    return store.ledger


def _bytes(ledger: Ledger) -> bytes:
    folder = ledger.path.parent
    return b"".join(path.read_bytes() for path in folder.glob("ledger.sqlite*"))


def test_no_byte_of_the_ledger_holds_the_person_while_it_stays_open(ledger: Ledger) -> None:
    run = ledger.start_run("apply", said="Zq8 Forgetme")
    for record in (*PERSON.ids, "8"):
        values = {"leadscore_reasons": f"reason of {record}"}
        ledger.journal_intent(run, [{"object_id": record, "old": values, "new": {}}])
    ledger.set_checkpoint("page", {"after": PERSON.ids[0]})
    assert b"Zq8 Forgetme" in _bytes(ledger)
    gone = forget(ledger, PERSON, MARKS, [])
    assert gone == {"journal": 1, "checkpoints": 1, "plans": 0}
    assert b"Zq8 Forgetme" not in _bytes(ledger)
    assert PERSON.ids[0].encode() not in _bytes(ledger)
    assert ledger.pending(run) == ["8"]


def test_a_promotion_stays_without_the_reason_that_names_the_person(ledger: Ledger) -> None:
    for why in ("Zq8 Forgetme asked for it", "the team asked for it"):
        note_promotion(ledger, "aaaa", prefix="leadscore", kind="promote", why=why)
    forget(ledger, PERSON, MARKS, [])
    assert promotions(ledger)["why"].tolist() == ["", "the team asked for it"]
    assert b"Zq8 Forgetme" not in _bytes(ledger)


def test_the_journal_is_of_contacts_a_company_of_the_same_number_is_not_in_it(
    ledger: Ledger,
) -> None:
    run = ledger.start_run("apply")
    ledger.journal_outcome(run, [{"object_id": PERSON.ids[0], "state": "missing"}])
    assert forget(ledger, Records("companies", PERSON.ids), Marks(()), [])["journal"] == 0
    assert ledger.counts(run)["missing"] == 1


@pytest.mark.parametrize(
    ("value", "goes"),
    [
        ({"after": "31700000077"}, True),
        (["zq8 forgetme"], True),
        ({"31700000077": 1}, True),
        ({"rows": 31700000077}, False),
        ({"after": "317000000771"}, False),
        (None, False),
    ],
)
def test_a_checkpoint_goes_when_a_text_in_it_gives_the_person_away(
    ledger: Ledger, value: object, goes: bool
) -> None:
    ledger.set_checkpoint("it", {"value": value})
    forget(ledger, PERSON, MARKS, [])
    assert (ledger.checkpoint("it") is None) is goes


def test_an_erasure_is_asked_for_then_done_and_may_be_asked_for_again(ledger: Ledger) -> None:
    assert len(erasures(ledger)) == 0
    for _ in range(2):
        note(ledger, PERSON, done=False)
        assert erasures(ledger)["done_at"].isna().all()
        note(ledger, PERSON, done=True)
        assert erasures(ledger)["done_at"].notna().all()
    assert len(erasures(ledger)) == 1


def test_the_hash_is_keyed_by_a_salt_of_this_ledger(ledger: Ledger, tmp_path) -> None:
    other = Ledger(tmp_path / "other.sqlite")
    for each in (ledger, other):
        note(each, PERSON, done=True)
        note(each, Records("contacts", ("8",)), done=False)
    assert not set(erasures(ledger)["person"]) & set(erasures(other)["person"])
    other.close()


def test_the_salt_survives_the_next_erasure(ledger: Ledger) -> None:
    note(ledger, PERSON, done=False)
    salt = ledger.checkpoint("erasure_salt")
    forget(ledger, PERSON, Marks((), [json.dumps(salt)[1:-1]]), [])
    assert ledger.checkpoint("erasure_salt") == salt


def test_a_reader_that_keeps_old_bytes_alive_is_named(ledger: Ledger, monkeypatch) -> None:
    import sqlite3

    monkeypatch.setattr(ledger, "_connection", sqlite3.connect(
        ledger.path, timeout=0.05, isolation_level=None, check_same_thread=False))  # fmt: skip
    other = sqlite3.connect(ledger.path, isolation_level=None)
    ledger.set_checkpoint("a", 1)
    other.execute("BEGIN")
    other.execute("SELECT * FROM checkpoints").fetchall()
    ledger.set_checkpoint("a", None)
    with pytest.raises(StoreError, match="is being read by another process"):
        ledger.shred()
    other.execute("COMMIT")
    ledger.shred()
    other.close()
    ledger._connection.close()


def test_of_a_syncs_lists_only_the_person_goes(ledger: Ledger) -> None:
    own, other = PERSON.ids[0], "8"
    for kind in ("contacts", "deals"):
        ledger.set_checkpoint(f"bin:{kind}", [own, other])
        ledger.set_checkpoint(f"gone:{kind}", {"erased": [own], "archived": [other]})
        ledger.set_checkpoint(f"parts:{kind}", {own: [other], other: [own]})
    forget(ledger, PERSON, MARKS, [])
    assert ledger.checkpoint("bin:contacts") == [own, other]
    assert forget_ids(ledger, PERSON) == 3
    assert ledger.checkpoint("bin:contacts") == [other]
    assert ledger.checkpoint("gone:contacts") == {"erased": [], "archived": [other]}
    assert ledger.checkpoint("parts:contacts") == {other: []}
    assert ledger.checkpoint("bin:deals") == [own, other]
    assert ledger.checkpoint("gone:deals")["erased"] == [own]
    assert forget_ids(ledger, PERSON) == 0
