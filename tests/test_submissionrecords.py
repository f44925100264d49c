"""A row is known again, and cannot be read from the ledger."""

from __future__ import annotations

import pytest

from leadscore.ledger import Ledger
from leadscore.submissionrecords import ACTION, KIND, digests, sent_before


@pytest.fixture
def ledger(tmp_path):
    with_one = Ledger(tmp_path / "ledger.sqlite")
    yield with_one
    with_one.close()


def test_the_same_row_of_the_same_form_is_known_again_in_its_workspace_alone(ledger, tmp_path):
    one, other = digests(ledger, "f", ["a", "b"])
    assert one != other
    assert digests(ledger, "f", ["a"]) == [one]
    assert digests(ledger, "g", ["a"]) != [one]
    second = Ledger(tmp_path / "second.sqlite")
    assert digests(second, "f", ["a"]) != [one]
    second.close()


def test_what_was_sent_goes_before_what_nobody_knows_and_a_refusal_counts_for_nothing(ledger):
    runs = [ledger.start_run(KIND) for _ in range(2)]
    came_to = ({"a": None, "b": "written", "c": "rejected"}, {"b": None})
    for run, states in zip(runs, came_to, strict=True):
        for row, state in states.items():
            intent = {"object_id": row, "old": {}, "new": {"row": "1"}}
            ledger.journal_intent(run, [intent], action=ACTION, names=("row",))
            if state:
                ledger.journal_outcome(run, [{"object_id": row, "state": state}], action=ACTION)
    assert sent_before(ledger, ["a", "b", "c", "d"]) == {
        "a": ("", runs[0]),
        "b": ("written", runs[0]),
    }
