"""What contacts do, before anything is known of what becomes of them."""

from __future__ import annotations

import numpy as np
import pytest

from leadscore.sandbox.marketjourneys import Journeys, journeys
from leadscore.sandbox.world import simulate


@pytest.fixture(scope="module")
def found() -> Journeys:
    world = simulate(contacts=2000, seed=1, now="2026-11-01")
    return journeys(world.plan, 0)


@pytest.mark.parametrize("kind", ["visits", "mails", "touches"])
def test_acts_come_in_order_of_contact_and_time_and_after_its_creation(found, kind):
    acts = getattr(found.acts, kind)
    assert len(acts.row)
    assert np.array_equal(np.lexsort((acts.at, acts.row)), np.arange(len(acts.row)))
    assert (acts.at >= found.who.created[acts.row]).all()


def test_a_mail_is_opened_after_it_was_sent_and_clicked_only_when_opened(found):
    mails = found.acts.mails
    opened = mails.read > 0
    assert 0 < opened.sum() < len(opened)
    assert (mails.read[opened] > mails.at[opened]).all()
    assert not mails.clicked[~opened].any()


def test_a_meeting_needs_a_call_that_got_through_and_a_deal_a_meeting(found):
    touches = found.acts.touches
    assert not (touches.connected & ~touches.called).any()
    assert not (touches.met & ~touches.connected).any()
    assert not (touches.dealt & ~touches.met).any()
