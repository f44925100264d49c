from __future__ import annotations

from leadscore.targets import PropertyTarget

KINDS = {"annualrevenue": "number", "jobtitle": "string"}


def _contact(portal):
    return portal.client.crm.contacts.basic_api.get_page(limit=1).results[0].id


def test_what_is_sent_to_a_target_is_live_and_holds(portal):
    target, contact = PropertyTarget(portal, KINDS), _contact(portal)
    new = {"annualrevenue": "12", "jobtitle": "Buyer"}
    assert [outcome.state for outcome in target.send({contact: new})] == ["written"]
    live = target.live([contact])[contact]
    assert target.holds(live, new)
    assert target.holds(live, {"annualrevenue": "12.0"})
    assert not target.holds(live, {"jobtitle": "buyer"})


def test_a_contact_that_the_portal_lacks_is_not_live(portal):
    assert PropertyTarget(portal, KINDS).live(["999999999"]) == {}


def test_a_value_that_is_new_since_the_plan_is_no_longer_untouched(portal):
    target = PropertyTarget(portal, KINDS)
    assert target.untouched({"jobtitle": "Buyer"}, {"jobtitle": "Buyer"}, sent=False)
    assert not target.untouched({"jobtitle": "Buyer", "annualrevenue": "1"}, {}, sent=False)
