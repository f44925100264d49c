from __future__ import annotations

from followed import contacts, done, planned, undone

from leadscore.followups import Trigger
from leadscore.hubspot.properties import create_missing
from leadscore.hubspot.reading import read_values
from leadscore.scoreproperties import GROUP
from leadscore.targets import PropertyTarget

NAME = "leadscore_entered_a_at"


def test_the_moment_of_a_rise_is_set_and_every_rise_changes_it(portal):
    one, two = contacts(portal, 2)
    trigger = Trigger()
    create_missing(portal, "contacts", GROUP, trigger.definitions("leadscore"))
    changes = planned(portal, trigger, {one: ("A", "B"), two: ("A", "A")})
    target = PropertyTarget(portal, trigger.about()["properties"])
    assert done(target, changes) == {one: "written"}
    had = read_values(portal, "contacts", [one], [NAME])[one][NAME]
    assert planned(portal, trigger, {one: ("A", "A")}) == []
    (again,) = planned(portal, trigger, {one: ("A", "B")})
    assert again.old == {NAME: had}
    assert undone(changes)[0].new == {NAME: ""}


def test_the_property_is_of_our_prefix_and_each_tier_has_its_own():
    names = {Trigger(tier=t).definitions(p)[0]["name"] for t in "AB" for p in ("leadscore", "x")}
    assert names == {NAME, "leadscore_entered_b_at", "x_entered_a_at", "x_entered_b_at"}
