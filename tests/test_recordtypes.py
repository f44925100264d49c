from __future__ import annotations

from leadscore.recordtypes import is_back, named, word_of


def test_a_record_is_called_by_its_type():
    assert [word_of(one) for one in ("contacts", "companies", "2-7")] == [
        "contact",
        "company",
        "record",
    ]


def test_a_stage_goes_back_by_the_portals_order_and_from_one_that_has_no_place():
    order = ["subscriber", "lead", "customer"]
    assert is_back("customer", "lead", order)
    assert is_back("99", "lead", order)
    assert not is_back("lead", "customer", order)
    assert not is_back("lead", "lead", order)


def test_a_name_like_another_is_proposed():
    assert named(["citty"], ["city", "phone"]) == " Did you mean city?"
    assert named(["zzz"], ["city"]) == ""
