"""What contacts would do if none became a customer."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from markets import world

from leadscore.sandbox.marketacts import MAIL_TIME, OPEN_WITHIN, arrivals
from leadscore.sandbox.marketjourneys import Latent, latent
from leadscore.sandbox.markettime import to_work


@pytest.fixture(scope="module")
def drawn() -> Latent:
    return latent(world(contacts=600).plan, 0)


def test_arrivals_are_in_order_and_between_birth_and_the_end(drawn: Latent) -> None:
    who, stop = drawn.who, world(contacts=600).plan.market.today
    rate = (np.full(len(who), 0.05), np.full(len(who), 0.2))
    row, work = arrivals(np.random.default_rng(0), who, rate, who.born, stop)
    assert len(row) > len(who)
    assert (np.lexsort((work, row)) == np.arange(len(row))).all()
    assert (work >= who.born[row]).all()
    assert work.max() <= stop


def test_a_rate_of_zero_brings_nothing(drawn: Latent) -> None:
    none = np.zeros(len(drawn.who))
    found = arrivals(np.random.default_rng(0), drawn.who, (none, none), drawn.who.born, 20_454)
    assert [len(part) for part in found] == [0, 0]


def test_a_mail_is_opened_within_its_time_or_never_and_clicked_only_if_opened(
    drawn: Latent,
) -> None:
    mails = drawn.acts.mails
    opened = mails.read > 0
    wait = to_work(mails.read[opened]) - to_work(mails.at[opened])
    assert 0 <= wait.min() < wait.max() <= OPEN_WITHIN + 1e-6
    assert np.allclose(to_work(mails.at) % 1, MAIL_TIME, atol=1e-6)
    assert 0 < mails.clicked.sum() < opened.sum()
    assert opened[mails.clicked].all()


def test_no_mail_goes_out_from_the_day_on_which_the_contact_unsubscribes(drawn: Latent) -> None:
    mails = drawn.acts.mails
    assert (np.floor(to_work(mails.at)) < np.floor(drawn.who.optout[mails.row])).all()


def test_a_deal_needs_a_meeting_and_a_meeting_a_call_that_gets_through(drawn: Latent) -> None:
    touches = drawn.acts.touches
    chain = [touches.called, touches.connected, touches.met, touches.dealt]
    for needed, follows in itertools.pairwise(chain):
        assert needed[follows].all()
        assert 0 < follows.sum() < needed.sum()


def test_nothing_comes_of_an_import(drawn: Latent) -> None:
    touches = drawn.acts.touches
    imported = touches.form == -2
    assert imported.sum() == drawn.who.offline.sum() > 0
    assert not touches.called[imported].any()
