"""The names of scopes."""

import pytest

from leadscore.sandbox.scopes import EVERY, of_type


@pytest.mark.parametrize(
    ("kind", "scope"),
    [
        ("contacts", "crm.objects.contacts.read"),
        ("deals", "crm.objects.deals.read"),
        ("notes", "crm.objects.contacts.read"),
        ("cars", "crm.objects.custom.read"),
    ],
)
def test_the_scope_of_an_object_type_is_hubspots(kind, scope):
    assert of_type("crm.objects.{type}.read", kind) == scope
    assert scope in EVERY
