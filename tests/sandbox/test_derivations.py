import pytest

DEALS = "/crm/v3/objects/deals"
CONTACTS = "/crm/v3/objects/contacts"


def patch(http, path, **properties):
    answer = http("PATCH", path, {"properties": properties})
    assert answer.status == 200, answer.text


def test_leaving_a_stage_is_dated_and_timed(http, add, clock):
    there = add(lifecyclestage="lead")
    clock.time += 60
    patch(http, f"{CONTACTS}/{there.id}", lifecyclestage="customer")
    values = there.values
    assert values["hs_v2_date_exited_lead"] == "2027-01-15T08:01:00.000Z"
    assert values["hs_v2_latest_time_in_lead"] == "60000"
    clock.time += 60
    patch(http, f"{CONTACTS}/{there.id}", lifecyclestage="")
    patch(http, f"{CONTACTS}/{there.id}", lifecyclestage="lead")
    clock.time += 30
    patch(http, f"{CONTACTS}/{there.id}", lifecyclestage="customer")
    assert values["hs_v2_latest_time_in_lead"] == "30000"
    assert values["hs_v2_cumulative_time_in_lead"] == "90000"


@pytest.mark.parametrize(
    ("stage", "flags", "probability"),
    [
        ("contractsent", ("false", "false", "false", "0"), "0.9"),
        ("closedwon", ("true", "true", "false", "1"), "1.0"),
        ("closedlost", ("true", "false", "true", "1"), "0.0"),
    ],
)
def test_a_deals_flags_follow_the_stages_probability(add, stage, flags, probability):
    values = add("deals", dealname="x", dealstage=stage).values
    ends = ("", "_won", "_lost", "_count")
    assert tuple(values[f"hs_is_closed{end}"] for end in ends) == flags
    assert values["hs_deal_stage_probability"] == probability


def test_closing_a_deal_sets_its_close_date_unless_it_is_given(http, add, clock):
    there = add("deals", dealname="x", dealstage="contractsent")
    clock.time += 3 * 86_400
    patch(http, f"{DEALS}/{there.id}", dealstage="closedwon")
    assert there.values["closedate"] == "2027-01-18T08:00:00.000Z"
    assert there.values["days_to_close"] == "3"
    date = "2027-01-16T08:00:00.000Z"
    other = add("deals", dealname="x", dealstage="contractsent")
    patch(http, f"{DEALS}/{other.id}", dealstage="closedlost", closedate=date)
    assert other.values["closedate"] == date


def test_a_stage_of_the_portals_own_closes_a_deal_too(http):
    stages = [
        {"label": "Open", "displayOrder": 0, "metadata": {"probability": "0.5"}},
        {"label": "Done", "displayOrder": 1, "metadata": {"probability": "1.0"}},
    ]
    body = {"label": "Renewals", "displayOrder": 1, "stages": stages}
    made = http.post("/crm/v3/pipelines/deals", body).json
    done = made["stages"][1]["id"]
    values = {"dealname": "x", "dealstage": done, "pipeline": made["id"]}
    answer = http.post(DEALS, {"properties": values})
    assert answer.status == 201
    read = http.get(f"{DEALS}/{answer.json['id']}", properties="hs_is_closed_won")
    assert read.json["properties"]["hs_is_closed_won"] == "true"


def test_an_owner_a_finished_task_and_a_note_leave_their_marks(http, add):
    there = add(hubspot_owner_id="7")
    assert there.values["hubspot_owner_assigneddate"] == "2027-01-15T08:00:00.000Z"
    task = add("tasks", hs_timestamp="2027-01-15T08:00:00.000Z", hs_task_status="COMPLETED")
    assert task.values["hs_task_completion_date"] == "2027-01-15T08:00:00.000Z"
    note = add("notes", hs_note_body="<p>Called <b>Ada</b></p>")
    assert note.values["hs_body_preview"] == "Called Ada"


def test_a_companys_open_deals_are_counted(http, add):
    company = add("companies", name="x")
    deal = add("deals", dealname="x", dealstage="contractsent")
    http("PUT", f"/crm/v4/objects/deals/{deal.id}/associations/default/companies/{company.id}")
    assert company.values["hs_num_open_deals"] == "1"
    patch(http, f"{DEALS}/{deal.id}", dealstage="closedwon")
    assert company.values["hs_num_open_deals"] == "0"
