from __future__ import annotations

import pytest
from scripted import reply
from usertokens import sender_address, user_portal, without_address

from leadscore.errors import PlanError
from leadscore.hubspot.enrolments import enrol, enrolled_in, find_sequence, sender_of, sequences
from leadscore.hubspot.searching import keyset


@pytest.fixture
def user(sandbox, monkeypatch):
    with user_portal(sandbox, monkeypatch) as portal:
        yield portal


@pytest.fixture
def sender(user, sandbox):
    return sender_of(user, email=sender_address(sandbox).upper())


@pytest.fixture
def people(user):
    """Return the ids of three contacts with an e-mail address, and of one without."""
    rows = [r for page in keyset(user, "contacts", ["email"]) for r in page.rows.to_pylist()]
    have = [row["id"] for row in rows if row["email"]]
    return [*have[:3], without_address(user)]


def test_the_sender_is_known_by_address_and_by_number(user, sender):
    assert sender_of(user, user=sender[0]) == sender
    with pytest.raises(PlanError, match="nobody could send"):
        sender_of(user, email="no@body.example")


def test_a_sequence_is_found_by_name_and_by_number(user, sender):
    assert set(sequences(user, sender[0])) == {"4001", "4002"}
    for wanted in ("4002", " Win back "):
        assert find_sequence(user, wanted, sender[0]) == ("4002", "Win back")
    with pytest.raises(PlanError, match=r"no sequence called 'Win'.*'Win back' \(4002\)"):
        find_sequence(user, "Win", sender[0])


def test_contacts_are_enrolled_and_those_who_cannot_be_are_told(user, sender, people):
    done = enrol(user, people, sequence="4001", sender=sender)
    assert [one.state for one in done] == [*["written"] * 3, "rejected"]
    assert "email" in done[3].reason
    assert enrolled_in(user, people) == dict.fromkeys(people[:3], "4001")


def test_who_is_in_it_already_is_done_and_who_is_in_another_is_refused(user, sender, people):
    enrol(user, people[:1], sequence="4001", sender=sender)
    (same,) = enrol(user, people[:1], sequence="4001", sender=sender)
    (other,) = enrol(user, people[:1], sequence="4002", sender=sender)
    assert (same.state, other.state) == ("written", "rejected")
    assert enrolled_in(user, people[:1]) == {people[0]: "4001"}


def test_all_pages_of_sequences_are_read_and_a_cursor_that_repeats_ends_it(odd, script):
    page = {"results": [{"id": "1", "name": "One"}], "paging": {"next": {"after": "1"}}}
    script.replies = [reply(200, page), reply(200, page)]
    assert sequences(odd, "5") == {"1": "One"}
