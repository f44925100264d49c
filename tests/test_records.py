"""Create, update, upsert: each row accounted for, nothing twice, nothing by guess."""

from __future__ import annotations

import pandas as pd
import pytest

import leadscore as ls
from leadscore.errors import PlanError, UsageError
from leadscore.hubspot.catalogue import owners
from leadscore.hubspot.creating import create_batch
from leadscore.hubspot.holders import read_by_key, search_by_key
from leadscore.hubspot.reading import read_values
from leadscore.hubspot.writing import update_batch

pytestmark = pytest.mark.parametrize("sandbox", [{"contacts": 12}], indirect=True)


@pytest.fixture
def options(store):
    return {"workspace": store.workspace, "progress": False}


def _frame(n, **columns):
    mails = [f"row{i}@example.com" for i in range(n)]
    return pd.DataFrame({"email": mails, "city": "Ulm"} | columns)


def _writes(sandbox):
    return len(sandbox.portal.writes)


def _by_mail(portal, *mails, names=("city",)):
    found = read_by_key(portal, "contacts", "email", mails, list(names))
    return {mail: hits[0][1] for mail, hits in found.items() if hits}


def test_new_rows_are_created_and_known_ones_changed(portal, options):
    ls.upsert(portal, "contacts", _frame(3), **options)
    frame = _frame(5, city=["Ulm", "Bonn", None, "Kiel", "Kiel"])
    frame.index = list("abcde")
    run = ls.upsert(portal, "contacts", frame, **options)
    assert run.results["state"].to_dict() == {
        "a": "unchanged",
        "b": "updated",
        "c": "unchanged",
        "d": "created",
        "e": "created",
    }
    assert sum(run.counts.values()) == len(frame)
    assert run.verified == 3
    live = read_values(portal, "contacts", run.results["id"], ["city", "email"])
    assert [live[one]["email"] for one in run.results["id"]] == frame["email"].tolist()
    assert live[run.results.loc["b", "id"]]["city"] == "Bonn"
    assert live[run.results.loc["c", "id"]]["city"] == "Ulm"


def test_the_same_rows_again_write_nothing(portal, sandbox, options):
    ls.upsert(portal, "contacts", _frame(5), **options)
    before = _writes(sandbox)
    run = ls.upsert(portal, "contacts", _frame(5), **options)
    assert run.counts["unchanged"] == 5
    assert _writes(sandbox) == before


def test_a_dry_run_sends_nothing_and_is_carried_out_by_apply(portal, sandbox, options):
    before = _writes(sandbox)
    plan = ls.upsert(portal, "contacts", _frame(2), dry_run=True, **options)
    assert _writes(sandbox) == before
    assert plan.counts["create"] == 2
    assert plan.changes["new"].tolist() == ["Ulm", "row0@example.com", "Ulm", "row1@example.com"]
    run = ls.apply(portal, ls.load_plan(plan.path), progress=False)
    assert run.counts["created"] == 2
    assert run.results["state"].tolist() == ["created"] * 2


def test_one_record_may_be_a_mapping(portal, options):
    run = ls.create(portal, "contacts", {"email": "One@Example.com ", "city": "Ulm"}, **options)
    assert run.counts["created"] == 1
    assert _by_mail(portal, "one@example.com") == {"one@example.com": {"city": "Ulm"}}


def test_an_address_finds_its_contact_whatever_its_case_and_is_not_changed(portal, options):
    ls.upsert(portal, "contacts", _frame(1), **options)
    run = ls.upsert(portal, "contacts", {"email": " ROW0@example.COM", "city": "Bonn"}, **options)
    assert run.counts["updated"] == 1
    assert _by_mail(portal, "row0@example.com")["row0@example.com"]["city"] == "Bonn"


def test_an_additional_address_finds_the_contact_and_does_not_become_its_first(
    portal, sandbox, options
):
    run = ls.upsert(portal, "contacts", _frame(1), **options)
    (contact,) = run.results["id"]
    records = sandbox.portal.collection("contacts").records
    records.set(records.get(int(contact)), "hs_additional_emails", "second@example.com")
    again = ls.upsert(
        portal, "contacts", {"email": "second@example.com", "city": "Kiel"}, **options
    )
    assert again.results["id"].tolist() == [contact]
    live = read_values(portal, "contacts", [contact], ["email", "city"])[contact]
    assert live == {"email": "row0@example.com", "city": "Kiel"}


def test_create_leaves_what_is_there_alone_and_says_which_it_is(portal, options):
    first = ls.create(portal, "contacts", _frame(1), **options)
    again = ls.create(portal, "contacts", _frame(2, city="Bonn"), **options)
    assert again.results["state"].tolist() == ["duplicate", "created"]
    assert again.results["id"].iloc[0] == first.results["id"].iloc[0]
    assert _by_mail(portal, "row0@example.com")["row0@example.com"]["city"] == "Ulm"


def test_update_creates_nothing(portal, options):
    run = ls.update(portal, "contacts", _frame(2), match="email", **options)
    assert run.results["state"].tolist() == ["missing"] * 2
    assert _by_mail(portal, "row0@example.com") == {}


def test_a_missing_value_is_left_alone_and_cleared_only_when_asked(portal, options):
    ls.upsert(portal, "contacts", _frame(1), **options)
    nothing = _frame(1, city=[None])
    assert ls.upsert(portal, "contacts", nothing, **options).counts["unchanged"] == 1
    run = ls.upsert(portal, "contacts", nothing, clear=True, **options)
    assert run.counts["updated"] == run.verified == 1
    assert "city" not in _by_mail(portal, "row0@example.com")["row0@example.com"]
    ls.undo(portal, run, progress=False)
    assert _by_mail(portal, "row0@example.com")["row0@example.com"]["city"] == "Ulm"


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"citty": "Ulm"}, r"no property 'citty' of contacts"),
        ({"createdate": "2026-01-01"}, "'createdate' of contacts is read-only"),
        ({"lifecyclestage": ["lead", "leat"]}, "Row 1: 'leat' does not fit"),
        ({"closedate": ["2026-01-01", "soon"]}, "Row 1: 'soon' does not fit. Column 'closedate'"),
    ],
)
def test_what_does_not_fit_is_one_error_before_anything_is_sent(
    portal, sandbox, options, columns, said
):
    before = _writes(sandbox)
    with pytest.raises(UsageError, match=said):
        ls.upsert(portal, "contacts", _frame(2, **columns), **options)
    assert _writes(sandbox) == before


def test_a_value_that_does_not_fit_rejects_its_row_alone_when_asked(portal, options):
    frame = _frame(3, lifecyclestage=["lead", "leat", "lead"])
    run = ls.upsert(portal, "contacts", frame, on_error="reject", **options)
    assert run.results["state"].tolist() == ["created", "rejected", "created"]
    assert "lifecyclestage" in run.results["reason"].iloc[1]


def test_two_rows_of_one_key_are_an_error_or_the_first_is_taken(portal, options):
    frame = pd.concat([_frame(2), _frame(1, city="Bonn"), _frame(1)], ignore_index=True)
    with pytest.raises(UsageError, match="Row 2: Row 0 has the same email, and other values"):
        ls.upsert(portal, "contacts", frame, **options)
    run = ls.upsert(portal, "contacts", frame, on_error="reject", **options)
    assert run.results["state"].tolist() == ["created", "created", "duplicate", "duplicate"]
    assert run.counts["created"] == 2
    assert "The same as row 0" in run.results["reason"].iloc[3]
    assert run.results["id"].iloc[3] == run.results["id"].iloc[0]  # the same row once more


def test_without_a_value_to_be_found_by_a_row_is_no_guess(portal, options):
    frame = pd.DataFrame({"email": [None, "a@example.com"], "firstname": "Ada"})
    with pytest.raises(UsageError, match="Row 0: It has no email"):
        ls.upsert(portal, "contacts", frame, **options)
    run = ls.upsert(portal, "contacts", frame, on_error="reject", **options)
    assert run.results["state"].tolist() == ["rejected", "created"]


def test_a_lifecycle_stage_goes_forward_unless_asked(portal, options):
    ls.upsert(portal, "contacts", _frame(1, lifecyclestage="customer"), **options)
    back = _frame(1, lifecyclestage="lead", city="Bonn")
    plan = ls.upsert(portal, "contacts", back, dry_run=True, **options)
    assert plan.changes["property"].tolist() == ["city"]
    assert any("lifecycle stage of 1 records would go back" in note for note in plan.notes)
    assert "lifecyclestage stays customer" in plan.results["reason"].iloc[0]
    run = ls.apply(portal, plan, progress=False)
    assert "lifecyclestage stays customer" in run.results["reason"].iloc[0]
    run = ls.upsert(portal, "contacts", back, backwards=True, **options)
    assert run.counts["updated"] == run.verified == 1
    found = _by_mail(portal, "row0@example.com", names=["lifecyclestage"])
    assert found["row0@example.com"]["lifecyclestage"] == "lead"
    ls.undo(portal, run, progress=False)
    found = _by_mail(portal, "row0@example.com", names=["lifecyclestage"])
    assert found["row0@example.com"]["lifecyclestage"] == "customer"


def test_what_somebody_changed_since_the_plan_is_a_conflict(portal, options):
    first = ls.upsert(portal, "contacts", _frame(2), **options)
    plan = ls.upsert(portal, "contacts", _frame(2, city="Bonn"), dry_run=True, **options)
    one, _ = first.results["id"]
    update_batch(portal, "contacts", {one: {"city": "Paris"}})
    run = ls.apply(portal, plan, progress=False)
    assert run.results["state"].tolist() == ["conflict", "updated"]
    assert read_values(portal, "contacts", [one], ["city"])[one]["city"] == "Paris"


def test_companies_are_found_by_domain_and_two_of_one_domain_are_no_guess(portal, options):
    twice = {str(n): {"properties": {"domain": "two.example"}} for n in range(2)}
    create_batch(portal, "companies", twice)
    frame = pd.DataFrame({"domain": ["one.example", "TWO.example"], "name": ["One", "Two"]})
    run = ls.upsert(portal, "companies", frame, **options)
    assert run.results["state"].tolist() == ["created", "duplicate"]
    assert "2 records have this domain" in run.results["reason"].iloc[1]
    again = ls.upsert(portal, "companies", frame, **options)
    assert again.results["state"].tolist() == ["unchanged", "duplicate"]


def test_a_company_is_not_created_twice_although_search_does_not_see_it_yet(
    portal, sandbox, options
):
    sandbox.portal.index_lag = 3600.0
    frame = pd.DataFrame({"domain": ["one.example"], "name": ["One"]})
    first = ls.upsert(portal, "companies", frame, **options)
    again = ls.upsert(portal, "companies", frame.assign(name="Uno"), **options)
    assert (first.counts["created"], again.counts["updated"]) == (1, 1)
    assert again.results["id"].tolist() == first.results["id"].tolist()


def test_deals_have_nothing_unique_and_every_create_makes_them(portal, options):
    deals = pd.DataFrame({"dealname": ["A", "A"], "dealstage": "qualifiedtobuy", "amount": 2.50})
    first, second = (ls.create(portal, "deals", deals, **options) for _ in range(2))
    assert first.counts["created"] == second.counts["created"] == 2
    live = read_values(portal, "deals", first.results["id"], ["amount", "leadscore_key"])
    assert {values["amount"] for values in live.values()} == {"2.5"}
    assert len({values["leadscore_key"] for values in live.values()}) == 2


def test_records_can_be_matched_by_a_unique_property_of_ones_own(portal, options):
    where = portal.path("properties", "deals")
    body = {"name": "order_no", "label": "Order", "type": "string", "fieldType": "text"}
    body |= {"groupName": "dealinformation", "hasUniqueValue": True}
    portal.transport.call("POST", where, body=body, expect=(201,))
    frame = pd.DataFrame({"order_no": ["A-1", "A-2"], "dealname": "Order", "amount": [1, 2]})
    frame["dealstage"] = "qualifiedtobuy"
    plan = ls.upsert(portal, "deals", frame, match="order_no", dry_run=True, **options)
    assert plan.creates_properties == ()
    assert ls.apply(portal, plan, progress=False).counts["created"] == 2
    again = ls.upsert(portal, "deals", frame.assign(amount=[1, 3]), match="order_no", **options)
    assert again.results["state"].tolist() == ["unchanged", "updated"]


def test_custom_objects_go_by_their_name_and_a_unique_property_of_theirs(portal, options):
    text = {"type": "string", "fieldType": "text"}
    vin = {"name": "vin", "label": "VIN", "hasUniqueValue": True} | text
    body = {"name": "cars", "labels": {"singular": "Car", "plural": "Cars"}}
    body |= {"properties": [vin, {"name": "color", "label": "Color"} | text]}
    body |= {"primaryDisplayProperty": "vin", "requiredProperties": ["vin"]}
    body |= {"searchableProperties": [], "associatedObjects": []}
    made = portal.transport.call("POST", portal.path("schemas"), body=body, expect=(201,))
    frame = pd.DataFrame({"vin": ["A1", "B2"], "color": ["red", "blue"]})
    first = ls.upsert(portal, "cars", frame, match="vin", **options)
    again = ls.upsert(portal, made["objectTypeId"], frame, match="vin", **options)
    assert (first.counts["created"], again.counts["unchanged"]) == (2, 2)
    assert ls.undo(portal, first, progress=False).counts["written"] == 2


@pytest.mark.parametrize("apps", ["true", "false", None])
@pytest.mark.parametrize("marketing", [True, False])
def test_new_contacts_of_the_other_marketing_kind_are_created_no_further_than_the_first(
    portal, sandbox, options, apps, marketing
):
    sandbox.portal.shelf("marketing")["apps"] = apps
    asked = options | {"marketing": marketing, "canary": 2}
    if apps in (None, str(marketing).lower()):
        assert ls.create(portal, "contacts", _frame(4), **asked).counts["created"] == 4
        return
    with pytest.raises(PlanError, match="marketing contacts: no more are created") as caught:
        ls.create(portal, "contacts", _frame(4), **asked)
    assert "Marketing contacts" in str(caught.value)
    mails = _frame(4)["email"]
    assert len(_by_mail(portal, *mails)) == 2


@pytest.mark.parametrize("nothing", [_frame(2).head(0), pd.DataFrame(), [], {}], ids=repr)
def test_no_rows_write_nothing(portal, sandbox, options, nothing):
    before = _writes(sandbox)
    for do in (ls.create, ls.upsert):
        run = do(portal, "contacts", nothing, **options)
        assert sum(run.counts.values()) == len(run.results) == 0
    assert _writes(sandbox) == before


def test_records_may_be_a_list_of_dictionaries(portal, options):
    rows = [{"email": "l1@example.com", "city": "Ulm"}, {"email": "l2@example.com"}]
    assert ls.upsert(portal, "contacts", rows, **options).counts["created"] == 2


def test_an_id_that_is_not_there_is_missing_also_for_an_upsert(portal, options):
    run = ls.upsert(portal, "contacts", {"id": "404", "city": "Ulm"}, match="id", **options)
    assert run.results["state"].tolist() == ["missing"]


def test_updates_by_id_may_change_the_address(portal, options):
    (one,) = ls.create(portal, "contacts", _frame(1), **options).results["id"]
    ls.update(portal, "contacts", {"id": one, "email": "other@example.com"}, **options)
    assert _by_mail(portal, "other@example.com")


def test_an_object_type_that_is_not_there_is_said(portal, options):
    with pytest.raises(UsageError, match="no object type 'gadgets'"):
        ls.create(portal, "gadgets", {"name": "x"}, **options)


def test_what_the_key_needs_and_the_portal_lacks_is_said_before_anything_is_sent(
    portal, sandbox, options
):
    definitions = sandbox.portal.collection("companies").definitions
    definitions.most_custom = len(definitions.custom)
    before = _writes(sandbox)
    with pytest.raises(PlanError, match="no room for one more property of companies"):
        ls.upsert(portal, "companies", {"domain": "one.example"}, **options)
    assert _writes(sandbox) == before


def test_more_than_may_be_written_is_not(portal, options):
    with pytest.raises(ls.errors.GuardError, match="write_cap"):
        ls.upsert(portal, "contacts", _frame(3), max_writes=2, **options)
    why = {"write_cap": "a test"}
    run = ls.upsert(portal, "contacts", _frame(3), max_writes=2, override=why, **options)
    assert run.counts["created"] == 3


def test_a_domain_is_one_company_however_it_is_written(portal, options):
    ways = ["https://www.Fresh.example/path", "fresh.example", "WWW.fresh.example."]
    run = ls.upsert(portal, "companies", pd.DataFrame({"domain": ways, "name": "F"}), **options)
    assert run.results["state"].tolist() == ["created", "duplicate", "duplicate"]
    (made,) = set(run.results["id"])
    assert read_values(portal, "companies", [made], ["domain"])[made]["domain"] == "fresh.example"
    again = ls.upsert(portal, "companies", {"domain": "http://FRESH.example:80"}, **options)
    assert again.results["id"].tolist() == [made]
    assert again.results["state"].tolist() == ["unchanged"]


def test_a_domain_with_letters_beyond_ascii_finds_both_ways_of_writing_it(portal, options):
    create_batch(portal, "companies", {"x": {"properties": {"domain": "müller.example"}}})
    both = pd.DataFrame({"domain": ["xn--mller-kva.example", "Müller.example"], "city": "Ulm"})
    run = ls.upsert(portal, "companies", both, **options)
    assert run.counts["created"] == 0
    assert run.counts["updated"] >= 1


def test_what_is_no_domain_is_refused_with_row_and_column(portal, options):
    frame = pd.DataFrame({"domain": ["a.example", "joe@dupe.example"]})
    with pytest.raises(UsageError, match=r"Row 1: 'joe@dupe.example'.*Column 'domain': no domain"):
        ls.upsert(portal, "companies", frame, **options)


@pytest.mark.parametrize(
    ("kind", "row"),
    [
        ("companies", {"domain": "apl3.example"}),
        ("deals", {"dealname": "Apl3", "dealstage": "qualifiedtobuy"}),
    ],
)
def test_what_somebody_else_made_since_the_plan_is_not_made_again(portal, options, kind, row):
    (match, value), *_ = row.items()
    plan = ls.upsert(portal, kind, row, match=match, dry_run=True, **options)
    create_batch(portal, kind, {"x": {"properties": row}})
    run = ls.apply(portal, plan, progress=False)
    assert run.results["state"].tolist() == ["conflict"]
    assert f"with this {match} since the plan" in run.results["reason"].iloc[0]
    there = search_by_key(portal, kind, match, [value], [])[value]
    assert [record for record, _ in there] == run.results["id"].tolist()


def test_clearing_spares_the_address_and_a_stage_that_may_not_go_back(portal, options):
    made = ls.create(portal, "contacts", _frame(1, lifecyclestage="customer"), **options)
    (one,) = made.results["id"]
    nothing = {"id": one, "email": None, "lifecyclestage": None, "city": None}
    plan = ls.update(portal, "contacts", nothing, clear=True, dry_run=True, **options)
    assert plan.changes["property"].tolist() == ["city"]
    assert any("will be cleared: 1." in note for note in plan.notes)
    assert any("are not cleared: 2;" in note for note in plan.notes)
    run = ls.apply(portal, plan, progress=False)
    for name in ("email", "lifecyclestage"):
        assert f"{name} is not cleared" in run.results["reason"].iloc[0]
    live = read_values(portal, "contacts", [one], ["email", "lifecyclestage", "city"])[one]
    assert live == {"email": "row0@example.com", "lifecyclestage": "customer"}
    ls.update(portal, "contacts", nothing, clear=True, backwards=True, **options)
    assert "lifecyclestage" not in read_values(portal, "contacts", [one], ["lifecyclestage"])[one]


def test_all_that_does_not_fit_is_told_at_once_whatever_is_wrong(portal, sandbox, options):
    mails = ["a@example", "ok@example.com", "ok@example.com", None, "x y@example.com"]
    frame = pd.DataFrame({"email": mails, "city": list("abcde")})
    before = _writes(sandbox)
    with pytest.raises(UsageError, match="4 values do not fit") as caught:
        ls.upsert(portal, "contacts", frame, **options)
    for row in (0, 2, 3, 4):
        assert f"Row {row}:" in str(caught.value)
    assert "Column 'email': no e-mail address" in str(caught.value)
    assert _writes(sandbox) == before


def test_an_address_is_written_without_what_nobody_sees(portal, options):
    ls.upsert(portal, "contacts", {"email": "'Ada@example.com\u200b", "city": "Ulm"}, **options)
    assert _by_mail(portal, "ada@example.com")


def test_a_new_deal_without_stage_is_refused_before_anything_is_sent(portal, sandbox, options):
    before = _writes(sandbox)
    deals = [{"dealname": "A", "dealstage": "closedwon"}, {"dealname": "B"}]
    with pytest.raises(UsageError, match="Row 1: A new deal needs dealstage"):
        ls.create(portal, "deals", pd.DataFrame(deals), **options)
    assert _writes(sandbox) == before


def test_an_id_may_have_become_a_float_on_its_way(portal, options):
    (one,) = ls.create(portal, "contacts", _frame(1), **options).results["id"]
    run = ls.update(portal, "contacts", {"id": f"{one}.0", "city": "Bonn"}, **options)
    assert run.results["state"].tolist() == ["updated"]


def test_an_owner_may_be_named_by_address(portal, options):
    (mail, *_), (one, *_) = (owners(portal, personal=True)[n].to_pylist() for n in ("email", "id"))
    run = ls.upsert(portal, "contacts", _frame(1, hubspot_owner_id=mail), **options)
    live = read_values(portal, "contacts", run.results["id"], ["hubspot_owner_id"])
    assert list(live.values()) == [{"hubspot_owner_id": one}]
    with pytest.raises(UsageError, match=r"Row 0: 'nobody@x\.example'.*'hubspot_owner_id'"):
        ls.upsert(portal, "contacts", _frame(1, hubspot_owner_id="nobody@x.example"), **options)
