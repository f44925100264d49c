from __future__ import annotations

import pytest

from leadscore.hubspot.searching import ids_between
from leadscore.pairtarget import HAS, PairTarget, types_of_pairs

PLAIN, PRIMARY = "HUBSPOT_DEFINED 279", "HUBSPOT_DEFINED 1"


@pytest.fixture
def own(portal):
    """Return the names of two labels of the portal's own."""
    where = portal.path("associations", "contacts", "companies", "labels")
    made = [
        portal.transport.call("POST", where, body={"label": name, "name": name.lower()})
        for name in ("Decides", "Pays")
    ]
    return [f"USER_DEFINED {one['results'][0]['typeId']}" for one in made]


@pytest.fixture
def key(portal):
    one, other = (ids_between(portal, kind, None, None)[-1] for kind in ("contacts", "companies"))
    return f"{one}:{other}"


@pytest.fixture
def target(portal, own):
    about = {"from_type": "contacts", "to_type": "companies", "default": PLAIN}
    return PairTarget(portal, {**about, "types": [PRIMARY, PLAIN, *own]})


def change(target, key, **new):
    target.live({key: new["new"]})
    return target.send({key: new["new"]})[0].state


def test_a_label_of_the_portals_own_that_is_there_stays_when_another_is_put_on(target, key, own):
    for label in own:
        assert change(target, key, new={PLAIN: HAS, label: HAS}) == "written"
    live = target.live({key: {}})[key]
    assert {PLAIN, *own} <= set(live)
    assert target.holds(live, dict.fromkeys(own, HAS))


def test_a_label_comes_off_alone(target, key, own):
    change(target, key, new={PLAIN: HAS, own[0]: HAS})
    change(target, key, new={own[1]: HAS})
    change(target, key, new={own[0]: ""})
    live = target.live({key: {}})[key]
    assert target.holds(live, {PLAIN: HAS, own[0]: "", own[1]: HAS})


def test_an_association_does_not_end_with_a_label_that_nobody_asked_to_take_off(target, key, own):
    change(target, key, new={PLAIN: HAS})
    ours = {PLAIN: ""}
    assert target.untouched(target.live({key: ours})[key], {PLAIN: HAS}, sent=False)
    change(target, key, new={own[0]: HAS})
    assert not target.untouched(target.live({key: ours})[key], {PLAIN: HAS}, sent=False)
    whole = {PLAIN: "", own[0]: ""}
    assert target.untouched(target.live({key: whole})[key], {PLAIN: HAS}, sent=False)


def test_pairs_that_are_not_associated_have_no_types(portal, key):
    odd = key.replace(":", "0:")
    assert types_of_pairs(portal, "contacts", "companies", [odd, "1:2"]) == {odd: {}, "1:2": {}}
