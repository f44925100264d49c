from __future__ import annotations

import pytest

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
    with pytest.raises(MisfitError, match="names no owner"):
        to_wire("Nobody")
    assert sum("owners" in one["path"] for one in sandbox.requests()) == 2  # ours is the first


@pytest.mark.parametrize("name", ["dealstage", "pipeline"])
def test_a_label_of_a_stage_or_pipeline_is_told_its_internal_name(portal, name):
    to_wire = converter_of(definitions(portal, "deals")[name], "deals", portal)
    row = pipelines(portal, "deals").to_pylist()[-1]
    column = "stage" if name == "dealstage" else "pipeline"
    assert to_wire(row[column]) == row[column]
    with pytest.raises(MisfitError, match=rf"no option; did you mean {row[column]}\?"):
        to_wire(row[f"{column}_label"])


def test_without_a_portal_values_are_as_their_definition_says(portal):
    to_wire = converter_of(definitions(portal, "deals")["hubspot_owner_id"], "deals")
    assert to_wire("7") == "7"
