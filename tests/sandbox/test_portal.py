import re

import pytest

from leadscore.errors import SandboxError
from leadscore.sandbox.portal import Portal
from leadscore.sandbox.replies import Refusal


def test_the_token_looks_like_a_private_apps_and_is_new_each_time():
    one, two = Portal(), Portal()
    assert re.fullmatch(r"pat-na1-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", one.token)
    assert one.token != two.token


def test_the_token_is_not_shown():
    portal = Portal()
    assert portal.token not in repr(portal)


@pytest.mark.parametrize("name", ["contacts", "contact", "0-1", "CONTACTS"])
def test_an_object_type_goes_by_its_name_its_singular_and_its_id(name):
    assert Portal().collection(name).kind.name == "contacts"


def test_an_unknown_object_type_cannot_be_inferred():
    with pytest.raises(Refusal, match="Unable to infer object type from: unicorns"):
        Portal().collection("unicorns")


def test_an_unknown_tier_is_a_clear_error():
    with pytest.raises(SandboxError, match="no subscription tier 'gold'"):
        Portal(tier="gold")


def test_no_two_records_of_a_portal_get_the_same_id():
    portal = Portal()
    portal.reserve_id(5000)
    assert [portal.new_id(), portal.new_id()] == [5001, 5002]
