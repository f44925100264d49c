"""The properties that HubSpot defines, by object type.

Names, types, field types and read-only flags are those of HubSpot's own definitions (HubSpot API
docs, "Default contact, company and deal properties"); labels and groups are sensible, not exact.
One line per property: ``name type/fieldType [ro] [calc] [hidden] | label [| options]``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from leadscore.sandbox.activities import ACTIVITIES, COMMON, OPTIONS
from leadscore.sandbox.kinds import STAGES

__all__ = ["definition", "groups", "standard_properties"]

_SOURCES = (
    "ORGANIC_SEARCH;PAID_SEARCH;EMAIL_MARKETING;SOCIAL_MEDIA;REFERRALS;OTHER_CAMPAIGNS;"
    "DIRECT_TRAFFIC;OFFLINE;PAID_SOCIAL"
)
_OPTIONS = OPTIONS | {
    "@bool": "true;false",
    "@stages": ";".join(STAGES),
    "@sources": _SOURCES,
    "@status": (
        "NEW;OPEN;IN_PROGRESS;OPEN_DEAL;UNQUALIFIED;ATTEMPTED_TO_CONTACT;CONNECTED;BAD_TIMING"
    ),
    "@headcount": "1-5;5-25;25-50;50-100;100-500;500-1000;1000+",
    "@roles": (
        "BLOCKER;BUDGET_HOLDER;CHAMPION;DECISION_MAKER;END_USER;EXECUTIVE_SPONSOR;INFLUENCER;"
        "LEGAL_AND_COMPLIANCE;OTHER"
    ),
    "@bounces": "CONTENT;MAILBOX_FULL;OTHER;POLICY;SPAM;UNKNOWN_USER",
    "@tiers": "tier_1;tier_2;tier_3;tier_4;closed_won",
    "@buckets": "bucket_1;bucket_2;bucket_3;bucket_4",
    "@ideal": "tier_1;tier_2;tier_3",
    "@industries": (
        "ACCOUNTING;AIRLINES_AVIATION;AUTOMOTIVE;BANKING;BIOTECHNOLOGY;BUILDING_MATERIALS;"
        "CHEMICALS;CIVIL_ENGINEERING;COMPUTER_HARDWARE;COMPUTER_SOFTWARE;CONSTRUCTION;"
        "CONSUMER_GOODS;EDUCATION_MANAGEMENT;FINANCIAL_SERVICES;FOOD_BEVERAGES;"
        "GOVERNMENT_ADMINISTRATION;HIGHER_EDUCATION;HOSPITAL_HEALTH_CARE;HOSPITALITY;"
        "INFORMATION_TECHNOLOGY_AND_SERVICES;INSURANCE;INTERNET;LEGAL_SERVICES;"
        "LOGISTICS_AND_SUPPLY_CHAIN;MACHINERY;MANAGEMENT_CONSULTING;MARKETING_AND_ADVERTISING;"
        "MEDICAL_DEVICES;NON_PROFIT_ORGANIZATION_MANAGEMENT;PHARMACEUTICALS;REAL_ESTATE;RETAIL;"
        "TELECOMMUNICATIONS;TRANSPORTATION_TRUCKING_RAILROAD;UTILITIES;WHOLESALE"
    ),
    "@dealtypes": "newbusiness;existingbusiness",
    "@dealstages": (
        "appointmentscheduled;qualifiedtobuy;presentationscheduled;decisionmakerboughtin;"
        "contractsent;closedwon;closedlost"
    ),
    "@pipelines": "default",
}
_EVERYWHERE = """
createdate datetime/date ro | Create date
hs_object_id number/number ro | Record ID
hs_merged_object_ids enumeration/checkbox external ro | Merged record IDs
hubspot_owner_id enumeration/select external | Owner
hubspot_owner_assigneddate datetime/date ro | Owner assigned date
hubspot_team_id enumeration/select external ro | Team
hs_analytics_source enumeration/select | Original traffic source | @sources
hs_analytics_source_data_1 string/text ro | Original traffic source drill-down 1
hs_analytics_source_data_2 string/text ro | Original traffic source drill-down 2
notes_last_contacted datetime/date ro | Last contacted
notes_last_updated datetime/date ro | Last activity date
notes_next_activity_date datetime/date ro | Next activity date
num_contacted_notes number/number ro | Number of times contacted
num_notes number/number ro | Number of sales activities
"""
_LIFECYCLE = """
lifecyclestage enumeration/radio | Lifecycle stage | @stages
hs_v2_date_entered_current_stage datetime/date ro calc | Date entered current stage
hs_lead_status enumeration/radio | Lead status | @status
num_associated_deals number/number ro calc | Number of associated deals
recent_deal_amount number/number ro calc | Recent deal amount
recent_deal_close_date datetime/date ro calc | Recent deal close date
total_revenue number/number ro calc | Total revenue
first_deal_created_date datetime/date ro calc | First deal created date
days_to_close number/number ro calc | Days to close
num_conversion_events number/number ro calc | Number of form submissions
num_unique_conversion_events number/number ro calc | Number of unique forms submitted
first_conversion_date datetime/date ro calc | First conversion date
first_conversion_event_name string/text ro calc | First conversion
recent_conversion_date datetime/date ro calc | Recent conversion date
recent_conversion_event_name string/text ro calc | Recent conversion
hs_analytics_num_page_views number/number ro | Number of pageviews
hs_analytics_num_visits number/number ro | Number of sessions
hs_analytics_first_timestamp datetime/date ro | Time first seen
hs_analytics_last_timestamp datetime/date ro | Time of last session
hs_analytics_first_visit_timestamp datetime/date ro | Time of first session
hs_analytics_last_visit_timestamp datetime/date ro | Time last seen
hs_last_sales_activity_timestamp datetime/date ro | Last engagement date
engagements_last_meeting_booked datetime/date ro | Date of last meeting booked
hs_latest_meeting_activity datetime/date ro hidden | Latest meeting activity
hubspotscore number/calculation_score ro calc | HubSpot score
hs_predictivecontactscore_v2 number/number ro | Likelihood to close
"""
_CONTACTS = """
lastmodifieddate datetime/date ro | Last modified date
email string/text | Email
hs_additional_emails enumeration/checkbox external ro | Additional email addresses
firstname string/text | First name
lastname string/text | Last name
phone string/phonenumber | Phone number
mobilephone string/phonenumber | Mobile phone number
website string/text | Website URL
address string/text | Street address
city string/text | City
state string/text | State/Region
zip string/text | Postal code
country string/text | Country/Region
jobtitle string/text | Job title
company string/text | Company name
industry string/text | Industry
job_function string/text | Job function
seniority string/text | Seniority
company_size string/text | Company size
numemployees enumeration/select | Number of employees | @headcount
annualrevenue string/text | Annual revenue
hs_latest_source enumeration/select | Latest traffic source | @sources
hs_latest_source_timestamp datetime/date | Latest traffic source date
hs_analytics_num_event_completions number/number ro | Number of event completions
hs_analytics_average_page_views number/number ro | Average pageviews
hs_analytics_revenue number/number ro | Event revenue
hs_email_open number/number ro | Marketing emails opened
hs_email_click number/number ro | Marketing emails clicked
hs_email_delivered number/number ro | Marketing emails delivered
hs_email_bounce number/number ro | Marketing emails bounced
hs_email_replied number/number ro | Marketing emails replied
hs_email_sends_since_last_engagement number/number ro | Sends since last engagement
hs_email_optout bool/booleancheckbox ro | Unsubscribed from all email
hs_email_quarantined bool/booleancheckbox ro | Email address quarantined
hs_email_first_open_date datetime/date ro | First marketing email open date
hs_email_last_open_date datetime/date ro | Last marketing email open date
hs_email_last_click_date datetime/date ro | Last marketing email click date
hs_email_last_send_date datetime/date ro | Last marketing email send date
hs_email_last_reply_date datetime/date ro | Last marketing email reply date
hs_email_hard_bounce_reason_enum enumeration/select ro | Email hard bounce reason | @bounces
hs_email_domain string/text ro calc | Email domain
hs_sales_email_last_opened datetime/date ro | Recent sales email opened date
hs_sales_email_last_clicked datetime/date ro | Recent sales email clicked date
hs_sales_email_last_replied datetime/date ro | Recent sales email replied date
hs_sequences_enrolled_count number/number ro | Number of sequences enrolled
hs_sequences_is_enrolled bool/booleancheckbox ro | Currently in sequence
hs_buying_role enumeration/checkbox | Buying role | @roles
hs_marketable_status enumeration/booleancheckbox ro | Marketing contact status | @bool
closedate datetime/date | Close date
hs_predictivecontactscore number/number ro | Predictive lead score
hs_predictivescoringtier enumeration/select ro | Contact priority | @tiers
hs_predictivecontactscorebucket enumeration/select ro hidden | Lead rating | @buckets
associatedcompanyid number/number hidden | Primary associated company ID
"""
_COMPANIES = """
hs_lastmodifieddate datetime/date ro | Last modified date
name string/text | Company name
domain string/text | Company domain name
hs_additional_domains enumeration/checkbox external ro | Additional domains
website string/text | Website URL
phone string/phonenumber | Phone number
address string/text | Street address
city string/text | City
state string/text | State/Region
zip string/text | Postal code
country string/text | Country/Region
industry enumeration/select | Industry | @industries
numberofemployees number/number | Number of employees
annualrevenue number/number | Annual revenue
hs_employee_range string/text ro | Employee range
hs_industry_group string/text ro | Industry group
hs_ideal_customer_profile enumeration/radio | Ideal customer profile tier | @ideal
hs_is_target_account bool/booleancheckbox | Target account | @bool
num_associated_contacts number/number ro calc | Number of associated contacts
hs_num_open_deals number/number ro calc | Number of open deals
hs_num_decision_makers number/number ro calc | Number of decision makers
hs_analytics_latest_source enumeration/select ro | Latest traffic source | @sources
closedate datetime/date ro | Close date
hs_parent_company_id number/number | Parent company
"""
_DEALS = """
hs_lastmodifieddate datetime/date ro | Last modified date
hs_createdate datetime/date ro | HubSpot create date
dealname string/text | Deal name
amount number/number | Amount
pipeline enumeration/select | Pipeline | @pipelines
dealstage enumeration/radio | Deal stage | @dealstages
dealtype enumeration/radio | Deal type | @dealtypes
description string/textarea | Deal description
closedate datetime/date | Close date
hs_is_closed bool/calculation_equation ro calc | Is deal closed
hs_is_closed_won bool/calculation_equation ro calc | Is closed won
hs_is_closed_lost bool/calculation_equation ro calc | Is closed lost
hs_is_closed_count number/calculation_equation ro calc | Is closed (numeric)
hs_deal_stage_probability number/number ro calc | Deal probability
hs_forecast_amount number/calculation_equation ro calc | Forecast amount
hs_forecast_probability number/number | Forecast probability
days_to_close number/calculation_equation ro calc | Days to close
hs_deal_score number/number ro | Deal score
num_associated_contacts number/number ro calc | Number of associated contacts
hs_v2_date_entered_current_stage datetime/date ro calc | Date entered current stage
"""
_LINES = {
    "contacts": _EVERYWHERE + _LIFECYCLE + _CONTACTS,
    "companies": _EVERYWHERE + _LIFECYCLE + _COMPANIES,
    "deals": _EVERYWHERE + _DEALS,
    **ACTIVITIES,
}
_GROUPS = {
    "contacts": {
        "contactinformation": "Contact information",
        "analyticsinformation": "Web analytics history",
        "emailinformation": "Email information",
        "conversioninformation": "Conversion information",
        "sales_properties": "Sales properties",
        "deal_information": "Deal information",
    },
    "companies": {
        "companyinformation": "Company information",
        "analyticsinformation": "Web analytics history",
        "conversioninformation": "Conversion information",
        "sales_properties": "Sales properties",
        "deal_information": "Deal information",
    },
    "deals": {
        "dealinformation": "Deal information",
        "analyticsinformation": "Web analytics history",
        "sales_properties": "Sales properties",
    },
    **{name: {"engagement": "Engagement information"} for name in ACTIVITIES},
}
# The first group whose word occurs in the property's name.
_BELONGS = (
    ("hs_analytics", "analyticsinformation"),
    ("latest_source", "analyticsinformation"),
    ("hs_email", "emailinformation"),
    ("conversion", "conversioninformation"),
    ("notes", "sales_properties"),
    ("sales", "sales_properties"),
    ("sequences", "sales_properties"),
    ("meeting", "sales_properties"),
    ("deal", "deal_information"),
    ("close", "deal_information"),
    ("revenue", "deal_information"),
)


def groups(kind: str) -> dict[str, str]:
    """Return the labels of HubSpot's own property groups of an object type, by name."""
    return dict(_GROUPS.get(kind) or _own_group(kind))


def _own_group(kind: str) -> dict[str, str]:
    """Return the group of a custom object type (HubSpot API docs, "Custom objects")."""
    name = kind.partition("_")[2]
    return {f"{name}_information": f"{name.capitalize()} information"}


def standard_properties(kind: str) -> dict[str, dict[str, Any]]:
    """Return the definitions of the properties that HubSpot defines, by name.

    Examples
    --------
    >>> found = standard_properties("contacts")["lifecyclestage"]
    >>> found["type"], found["fieldType"], found["options"][5]["value"]
    ('enumeration', 'radio', 'customer')
    """
    lines = [*_LINES.get(kind, COMMON).strip().splitlines(), *_stage_lines(kind)]
    found = (_parsed(line, kind) for line in lines if line)
    return {item["name"]: item for item in found}


def _stage_lines(kind: str) -> Iterator[str]:
    if kind == "deals":
        stages = {stage: stage for stage in _OPTIONS["@dealstages"].split(";")}
    elif kind in {"contacts", "companies"}:
        stages = STAGES
    else:
        return
    for stage, label in stages.items():
        if kind != "deals":
            yield f"hs_lifecyclestage_{stage}_date datetime/date ro calc | Became a {label} date"
        yield from stage_lines(stage, label)


def stage_lines(stage: str, label: str) -> Iterator[str]:
    """Yield the lines of the properties that HubSpot keeps of one stage of a record's way."""
    end = f"ro calc | {{}} “{label}”"
    yield f"hs_v2_date_entered_{stage} datetime/date {end.format('Date entered')}"
    yield f"hs_v2_date_exited_{stage} datetime/date {end.format('Date exited')}"
    yield f"hs_v2_latest_time_in_{stage} number/number {end.format('Latest time in')}"
    yield f"hs_v2_cumulative_time_in_{stage} number/number {end.format('Cumulative time in')}"


def _parsed(line: str, kind: str) -> dict[str, Any]:
    head, label, *options = (part.strip() for part in line.split("|"))
    name, types, *flags = head.split()
    kind_type, field_type = types.split("/")
    return definition(
        name=name,
        label=label,
        type=kind_type,
        fieldType=field_type,
        groupName=_group(name, kind),
        options=_choices(options[0] if options else "@bool" if kind_type == "bool" else ""),
        calculated="calc" in flags,
        hidden="hidden" in flags,
        externalOptions="external" in flags,
        hubspotDefined=True,
        hasUniqueValue=False,
        read_only="ro" in flags,
    )


def _group(name: str, kind: str) -> str:
    there = groups(kind)
    found = (group for word, group in _BELONGS if word in name and group in there)
    return next(found, next(iter(there)))


def _choices(key: str) -> list[dict[str, Any]]:
    values = _OPTIONS[key].split(";") if key else []
    return [
        {
            "label": STAGES.get(value, value.replace("_", " ").capitalize()),
            "value": value,
            "displayOrder": place,
            "hidden": False,
        }
        for place, value in enumerate(values)
    ]


def definition(*, read_only: bool = False, **given: Any) -> dict[str, Any]:
    """Return a property definition as HubSpot sends it, filled up with its defaults.

    HubSpot-defined ones come without ``archived``, as HubSpot may leave it out.
    """
    standard = bool(given.get("hubspotDefined"))
    defaults: dict[str, Any] = {
        "description": "",
        "options": [],
        "displayOrder": -1,
        "calculated": False,
        "externalOptions": False,
        "hasUniqueValue": False,
        "hidden": False,
        "hubspotDefined": False,
        "formField": not read_only,
        "modificationMetadata": {
            "archivable": not standard,
            "readOnlyDefinition": standard,
            "readOnlyValue": read_only,
        },
    }
    return defaults | ({} if standard else {"archived": False}) | given
