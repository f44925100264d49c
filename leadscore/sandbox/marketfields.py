"""The properties that the simulated market fills, and who sets them."""

from __future__ import annotations

from typing import Any

from leadscore.sandbox.marketconstants import INTERESTS

__all__ = ["NAMES", "OWNERS", "SETTERS", "TOPICS", "leak_definition", "market_definitions"]

TOPICS = ("pricing", "security", "migration", "reporting", "support", "api")
# id, mail address, first name, last name.
OWNERS = (
    (41_000_101, "ines.lefevre@vendor.example", "Inès", "Lefèvre"),
    (41_000_102, "tom.carter@vendor.example", "Tom", "Carter"),
    (41_000_103, "sabine.koehler@vendor.example", "Sabine", "Köhler"),
    (41_000_104, "rohan.das@vendor.example", "Rohan", "Das"),
)
# Who set a value: sourceType and sourceId of a history entry. The first four are the forms.
SETTERS = (
    ("FORM", "5f0d8c0e-6f3a-4a52-9c1e-0b6f1d2a7c01"),
    ("FORM", "5f0d8c0e-6f3a-4a52-9c1e-0b6f1d2a7c02"),
    ("FORM", "5f0d8c0e-6f3a-4a52-9c1e-0b6f1d2a7c03"),
    ("FORM", "5f0d8c0e-6f3a-4a52-9c1e-0b6f1d2a7c04"),
    ("IMPORT", "71204"),
    ("ANALYTICS", ""),
    ("EMAIL", ""),
    ("CALCULATED", ""),
    ("AUTOMATION_PLATFORM", "enrollmentId:8801"),
    ("SALES", ""),
    ("MERGE_OBJECTS", ""),
    *(("CRM_UI", f"userId:{owner[0]}") for owner in OWNERS),
)
(IMPORT, ANALYTICS, EMAIL, CALCULATED, WORKFLOW, SALES, MERGE, UI) = range(4, 12)
STAGES = (
    *("subscriber", "lead", "marketingqualifiedlead"),
    *("salesqualifiedlead", "opportunity", "customer"),
)
DEAL_STAGES = (
    *("appointmentscheduled", "qualifiedtobuy", "presentationscheduled"),
    *("decisionmakerboughtin", "contractsent", "closedwon", "closedlost"),
)
NAMES = {
    "contacts": (
        *("createdate", "email", "firstname", "lastname", "phone", "jobtitle", "seniority"),
        *("company", "numemployees", "industry", "country", "city", "hs_email_domain"),
        *("hs_analytics_source", "hs_latest_source", "hs_latest_source_timestamp"),
        *("lifecyclestage", *(f"hs_lifecyclestage_{stage}_date" for stage in STAGES)),
        *(f"hs_v2_date_entered_{stage}" for stage in STAGES),
        *("hs_analytics_num_visits", "hs_analytics_num_page_views"),
        *("hs_analytics_first_timestamp", "hs_analytics_last_timestamp"),
        *("hs_email_delivered", "hs_email_open", "hs_email_first_open_date"),
        *("hs_email_last_open_date", "hs_email_click", "hs_email_last_click_date"),
        *("hs_email_bounce", "hs_email_hard_bounce_reason_enum", "hs_email_optout"),
        *("num_conversion_events", "first_conversion_date", "first_conversion_event_name"),
        *("recent_conversion_date", "recent_conversion_event_name"),
        *("notes_last_contacted", "num_contacted_notes", "num_notes"),
        *("engagements_last_meeting_booked", "hs_sales_email_last_replied"),
        *("hubspot_owner_id", "hs_lead_status", "associatedcompanyid"),
        *("num_associated_deals", "first_deal_created_date", "recent_deal_amount"),
        *("closedate", "days_to_close"),
        *("product_interest", "seats_needed", "budget_note", "demo_requested", "topics"),
        *("contract_end_date", "pricing_page_views", "product_logins"),
    ),
    "companies": (
        *("createdate", "name", "domain", "industry", "numberofemployees", "country", "city"),
        "num_associated_contacts",
    ),
    "deals": (
        *("createdate", "dealname", "amount", "pipeline", "dealstage", "closedate"),
        *("dealtype", "hubspot_owner_id", "hs_is_closed", "hs_is_closed_won"),
    ),
}


def market_definitions() -> list[dict[str, Any]]:
    """Return the definitions of the market's custom contact properties, as POST takes them.

    Examples
    --------
    >>> [found["name"] for found in market_definitions()][:2]
    ['product_interest', 'seats_needed']
    """
    return [
        _definition("product_interest", "Product interest", "enumeration", "select", INTERESTS),
        _definition("seats_needed", "Seats needed", "number", "number"),
        _definition("budget_note", "Budget note", "string", "textarea"),
        _definition(
            "demo_requested", "Demo requested", "bool", "booleancheckbox", ("true", "false")
        ),
        _definition("topics", "Topics", "enumeration", "checkbox", TOPICS),
        _definition("contract_end_date", "End of the present contract", "date", "date"),
        _definition("pricing_page_views", "Visits of the pricing page", "number", "number"),
        _definition("product_logins", "Product logins", "number", "number"),
    ]


def leak_definition(name: str) -> dict[str, Any]:
    """Return the definition of a planted leak: a number, or levels if its name says so.

    Examples
    --------
    >>> leak_definition("account_tier")["type"], leak_definition("review_score")["type"]
    ('enumeration', 'number')
    """
    label = name.replace("_", " ").capitalize()
    if has_levels(name):
        return _definition(name, label, "enumeration", "select", LEVELS)
    return _definition(name, label, "number", "number")


LEVELS = ("low", "medium", "high")


def has_levels(name: str) -> bool:
    """Return whether a planted leak of this name is an enumeration."""
    return name.endswith(("_tier", "_level", "_status", "_class", "_grade", "_segment"))


def _definition(
    name: str, label: str, kind: str, field: str, values: tuple[str, ...] = ()
) -> dict[str, Any]:
    options = [
        {"label": value.capitalize(), "value": value, "displayOrder": place, "hidden": False}
        for place, value in enumerate(values)
    ]
    return {
        "name": name,
        "label": label,
        "type": kind,
        "fieldType": field,
        "groupName": "contactinformation",
        "options": options,
    }
