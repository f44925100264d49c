"""Ages: the open contacts, each once as old as it is and once as silent."""

from crmstores import fill, person

from leadscore.goals import property_equals
from leadscore.leadages import BANDS, ages


def by_band(found, what):
    own = found[found["what"] == what].set_index("band")["contacts"]
    return own[own > 0].to_dict()


def test_open_contacts_are_counted_by_age_and_by_silence(store):
    people = [
        person("new", "2026-08-30", recent_conversion_date="2026-08-31"),
        person("old", "2025-01-01", recent_conversion_date="2026-07-01"),
        person("silent", "2026-08-02", recent_conversion_date=None),
        person("won", won="2026-02-01", recent_conversion_date="2026-02-01"),
    ]
    found = ages(fill(store, people))
    assert by_band(found, "age") == {"under 7 days": 1, "30 to 89 days": 1, "1 to 2 years": 1}
    assert by_band(found, "silence") == {"under 7 days": 1, "30 to 89 days": 1, "unknown": 1}
    assert found.attrs["open"] == 3
    assert found.attrs["activity"] == ["recent_conversion_date"]
    assert found.groupby("what")["share"].sum().round(9).tolist() == [1, 1]


def test_a_goal_of_ones_own_says_who_is_open(store):
    fill(store, [person("1", hs_lead_status="CONNECTED"), person("2", hs_lead_status="NEW")])
    found = ages(store, property_equals("hs_lead_status", "CONNECTED"))
    assert found.attrs["open"] == 1


def test_an_empty_portal_has_every_band_and_nobody_in_it(store):
    found = ages(fill(store, []))
    assert found["band"].tolist() == [*BANDS, *BANDS]
    assert found["contacts"].sum() == 0
    assert found["share"].isna().all()
