import json

from leadscore.sandbox.blocklist import block, blocked


def test_a_blocked_address_is_known_in_any_case_and_not_kept_in_clear(portal):
    block(portal, "Ada@Example.com")
    assert blocked(portal, " ada@example.com")
    assert not blocked(portal, "bob@example.com")
    assert "ada" not in json.dumps(portal.shelves).lower()
