import time
from datetime import UTC, datetime

import pandas as pd
import pytest

from leadscore.errors import SandboxError, UsageError
from leadscore.sandbox.opening import Opening, fill, instant, portal_id

FRAME = pd.DataFrame({"size": [1, 2, 3], "won": ["no", "yes", "no"]})


@pytest.mark.parametrize(
    "options",
    [
        {"outcome": "y"},
        {"date": "seen"},
        {"order": True},
        {"id": "no"},
        {"csv": FRAME},
        {"port": 65_536},
        {"port": -1},
        {"latency_ms": -1.0},
        {"contacts": -1},
        {"list_order": "random"},
        {"index_lag": -1},
        {"history_cap": 0},
        {"save_every": 5},
        {"save_every": -1, "state": "x.zip"},
        {"state": "."},
        {"state": "nowhere/x.zip"},
        {"token": ""},
        {"token": "two words"},
        {"token": "pat-na1-x\n"},
        {"token": "pat-na1-\u00a0x"},
        {"token": "pät"},
        {"faults": [{"action": {"nope": 1}}]},
    ],
    ids=str,
)
def test_options_that_do_not_fit_are_refused(options):
    with pytest.raises(UsageError):
        Opening(**options).check()


def test_options_that_fit_are_not():
    Opening(csv=FRAME, outcome="won", order=True, port=65_535).check()


@pytest.mark.parametrize(
    "now", ["2026-03-01T12:00Z", datetime(2026, 3, 1, 12, tzinfo=UTC), "2026-03-01 13:00+01:00"]
)
def test_a_time_may_be_text_or_a_datetime(now):
    assert instant(now) == "2026-03-01T12:00:00+00:00"


def test_what_is_no_time_is_refused():
    with pytest.raises(UsageError, match="no time"):
        instant("soon")


def test_the_portals_time_starts_at_now_and_goes_on():
    portal, _ = fill(Opening(csv=FRAME, outcome="won", now="2020-01-01T00:00:00+00:00"))
    first = portal.clock()
    assert datetime.fromtimestamp(first, UTC).isoformat().startswith("2020-01-01T00:00")
    time.sleep(0.002)
    assert portal.clock() > first


def test_a_table_makes_its_contacts_and_its_goal():
    portal, seeded = fill(Opening(csv=FRAME, outcome="won", tier="free", limits=False))
    assert (len(portal.collection("contacts").records), seeded.goal) == (3, "won=yes")
    assert (portal.tier, portal.limits) == ("free", False)


def test_without_a_table_there_is_a_world():
    portal, seeded = fill(Opening(contacts=12, seed=4))
    assert (len(portal.collection("contacts").records), seeded.goal) == (12, "customer")


def test_limits_are_on_unless_they_are_turned_off():
    assert Opening().limits is True


def test_an_unknown_tier_is_a_clear_error():
    with pytest.raises(SandboxError, match="gold"):
        fill(Opening(tier="gold"))


def test_a_portal_opened_again_has_its_id_and_no_other_has():
    openings = [
        Opening(seed=1),
        Opening(seed=2),
        Opening(contacts=10, seed=1),
        Opening(csv="a.csv", outcome="y"),
        Opening(csv="b.csv", outcome="y"),
        Opening(csv="a.csv", outcome="y", order=True),
        Opening(csv=FRAME, outcome="won"),
        Opening(csv=FRAME[["won"]], outcome="won"),
    ]
    ids = [fill(one)[0].id if one.csv is None else portal_id(one) for one in openings]
    assert ids == [portal_id(one) for one in openings]
    assert len(set(ids)) == len(openings)
    assert all(10_000_000 <= one < 100_000_000 for one in ids)


def test_a_token_that_is_refused_is_not_shown():
    with pytest.raises(UsageError) as refused:
        Opening(token="pat-na1-secret\n").check()
    assert "secret" not in str(refused.value)
    assert "secret" not in repr(Opening(token="secret"))
