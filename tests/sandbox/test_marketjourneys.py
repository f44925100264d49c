"""What can be seen of contacts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from markets import NOW_MS, world

from leadscore.sandbox.marketjourneys import NEVER, Journeys, journeys, latent


@pytest.fixture(scope="module")
def found() -> Journeys:
    return journeys(world(contacts=2000).plan, 0)


def test_chunks_cover_each_row_once() -> None:
    plan = replace(world(contacts=600).plan, chunk=250)
    rows = [np.arange(len(plan.who.created))[plan.rows(k)] for k in range(plan.chunks)]
    assert [len(one) for one in rows] == [250, 250, 106]
    assert np.concatenate(rows).tolist() == list(range(606))


def test_acts_end_with_the_conversion_and_nothing_is_later_than_the_limit(
    found: Journeys,
) -> None:
    converted, limit = found.converted, found.limit
    assert (converted < NEVER).sum() > 50
    for done in (found.acts.visits, found.acts.mails, found.acts.touches):
        assert (done.at < converted[done.row]).all()
        assert (done.at <= limit[done.row]).all()
    for ends in (converted, found.optout):
        there = ends < NEVER
        assert (ends[there] <= limit[there]).all()


def test_a_mail_that_is_opened_too_late_is_not_opened(found: Journeys) -> None:
    mails, drawn = found.acts.mails, latent(world(contacts=2000).plan, 0).acts.mails
    last = np.minimum(found.limit, found.converted - 1)
    assert (mails.read <= last[mails.row]).all()
    assert not mails.clicked[mails.read == 0].any()
    sent = drawn.kept(drawn.at <= last[drawn.row])
    assert (mails.read > 0).sum() < (sent.read > 0).sum()


def test_only_customers_log_in_and_only_after_the_conversion(found: Journeys) -> None:
    logins = found.logins
    assert len(logins.row) > 100
    assert (logins.at > found.converted[logins.row]).all()
    assert (logins.at <= found.limit[logins.row]).all()


def test_a_limit_is_now_or_the_moment_of_archival(found: Journeys) -> None:
    archived = world(contacts=2000).plan.who.archived
    assert (found.limit == np.minimum(archived, NOW_MS)).all()
    assert (found.limit < NOW_MS).sum() == 20
