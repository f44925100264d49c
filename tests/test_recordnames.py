from __future__ import annotations

import pytest

from leadscore.errors import MissingScopesError
from leadscore.hubspot.catalogue import owners, pipelines
from leadscore.hubspot.properties import definitions
from leadscore.recordnames import converter_of
from leadscore.recordvalues import MisfitError

pytestmark = pytest.mark.parametrize("sandbox", [{"contacts": 5}], indirect=True)


def test_an_owner_is_taken_by_address_or_id_and_read_once(portal, sandbox):
    (first, *_) = owners(portal, personal=True).to_pylist()
    to_wire = converter_of(definitions(portal, "deals")["hubspot_owner_id"], "deals", portal)
    assert to_wire(first["email"].upper()) == to_wire(first["id"]) == first["id"]
    assert to_wire(float(first["id"])) == first["id"]
    with pytest.raises(MisfitError, match=f"no owner .* Did you mean {first['email']}"):
        to_wire("x" + first["email"])
    with pytest.raises(MisfitError, match="no owner of this id; there are 41"):
        to_wire(first["id"][:-1] + "0")
    with pytest.raises(MisfitError, match="names no owner"):
        to_wire("Nobody")
    assert (
        sum("owners" in one["path"] for one in sandbox.requests()) == 4
    )  # ours; addresses; ids; ids of those who left


@pytest.mark.parametrize("name", ["dealstage", "pipeline"])
def test_a_label_of_a_stage_or_pipeline_is_told_its_internal_name(portal, name):
    to_wire = converter_of(definitions(portal, "deals")[name], "deals", portal)
    row = pipelines(portal, "deals").to_pylist()[-1]
    column = "stage" if name == "dealstage" else "pipeline"
    assert to_wire(row[column]) == row[column]
    with pytest.raises(MisfitError, match=rf"no option; did you mean {row[column]}\?"):
        to_wire(row[f"{column}_label"])


def test_an_id_passes_where_owners_may_not_be_read(portal, sandbox):
    to_wire = converter_of(definitions(portal, "deals")["hubspot_owner_id"], "deals", portal)
    body = {"status": "error", "category": "MISSING_SCOPES", "message": "no"}
    sandbox.faults([{"match": {"path": "*owners*"}, "action": {"status": 403, "body": body}}])
    assert [to_wire(one) for one in ("7", "8")] == ["7", "8"]
    assert sum("owners" in one["path"] for one in sandbox.requests()) == 1
    with pytest.raises(MissingScopesError):
        to_wire("ada@example.com")


def test_without_a_portal_values_are_as_their_definition_says(portal):
    to_wire = converter_of(definitions(portal, "deals")["hubspot_owner_id"], "deals")
    assert to_wire("7") == "7"
