import pytest
from formbodies import body, field

from leadscore.sandbox.formdefinitions import made
from leadscore.sandbox.submissionchecks import fields_in, problems

FIELDS = (
    field(required=True, validation={"blockedEmailDomains": ["spam.example"]}),
    field("annualrevenue", "number", validation={"minAllowedDigits": 2, "maxAllowedDigits": 4}),
    field("numemployees", "dropdown", options=[{"label": "Few", "value": "1-5"}]),
    field("hs_buying_role", "multiple_checkboxes", options=[{"label": "B", "value": "BLOCKER"}]),
)
CONSENT = {"consentToProcess": True, "text": "I agree", "communications": []}


@pytest.fixture
def kinds(portal):
    """Return the kinds of what is wrong with a submission."""

    def get(values=None, *, strict=True, form=None, **more):
        values = {"email": "ann@example.com"} | (values or {})
        sent = {"fields": [{"name": key, "value": value} for key, value in values.items()]} | more
        there = made(portal, body(*FIELDS, **(form or {})))
        found = problems(portal, there, sent, fields_in(sent), strict=strict)
        return [one["errorType"] for one in found]

    return get


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ({"email": ""}, "REQUIRED_FIELD"),
        ({"email": "ann"}, "INVALID_EMAIL"),
        ({"email": "ann@spam.example"}, "BLOCKED_EMAIL"),
        ({"annualrevenue": "much"}, "INVALID_NUMBER"),
        ({"annualrevenue": "7"}, "NUMBER_OUT_OF_RANGE"),
        ({"annualrevenue": "77777"}, "NUMBER_OUT_OF_RANGE"),
        ({"numemployees": "many"}, "VALUE_NOT_IN_FIELD_DEFINITION"),
        ({"hs_buying_role": "BLOCKER;KING"}, "VALUE_NOT_IN_FIELD_DEFINITION"),
        ({"email": "a" * 65_537}, "INPUT_TOO_LARGE"),
        ({"city": "Bern"}, "FIELD_NOT_IN_FORM_DEFINITION"),
    ],
)
def test_a_value_that_the_form_does_not_take_is_named_by_its_kind(kinds, values, kind):
    assert kinds(values) == [kind]


def test_what_fits_the_form_is_taken(kinds):
    fine = {"annualrevenue": "100", "numemployees": "1-5", "hs_buying_role": "BLOCKER"}
    assert kinds(fine) == []


def test_with_a_token_any_property_of_contacts_will_do(kinds):
    assert kinds({"city": "Bern"}, strict=False) == []
    assert kinds({"nope": "x"}, strict=False) == ["FIELD_NOT_IN_FORM_DEFINITION"]


def test_skipping_validation_skips_the_values_alone(kinds):
    assert kinds({"email": "ann"}, skipValidation=True) == []
    assert kinds({"nope": "x"}, skipValidation=True) == ["FIELD_NOT_IN_FORM_DEFINITION"]


def test_a_submission_has_at_most_a_thousand_fields(kinds):
    many = {f"f{number}": "x" for number in range(1_000)}
    assert kinds(many) == ["MAX_NUMBER_OF_SUBMITTED_VALUES_EXCEEDED"]


def test_a_form_with_a_captcha_takes_nothing_by_the_api(kinds):
    form = {"configuration": {"recaptchaEnabled": True}}
    assert kinds(form=form) == ["FORM_HAS_RECAPTCHA_ENABLED"]


@pytest.mark.parametrize(
    ("context", "kind"),
    [
        ({"hutk": "7"}, "INVALID_HUTK"),
        ({"ipAddress": "300.1.1.1"}, "INVALID_IP_ADDRESS"),
        ({"pageUri": "example"}, "INVALID_PAGE_URI"),
    ],
)
def test_a_context_that_makes_no_sense_is_named(kinds, context, kind):
    assert kinds(context=context) == [kind]


@pytest.mark.parametrize(("days", "fine"), [(0, True), (31, True), (31.01, False), (-0.01, False)])
def test_a_submission_is_at_most_a_month_old_and_never_of_tomorrow(kinds, portal, days, fine):
    at = portal.now_ms - round(days * 86_400_000)
    assert kinds(submittedAt=str(at)) == ([] if fine else ["INVALID_METADATA"])
    assert kinds(submittedAt="yesterday") == ["INVALID_METADATA"]


@pytest.mark.parametrize(
    ("options", "kind"),
    [
        (None, "MISSING_PROCESSING_CONSENT"),
        ({"consent": CONSENT | {"consentToProcess": False}}, "MISSING_PROCESSING_CONSENT"),
        ({"consent": CONSENT | {"text": ""}}, "MISSING_PROCESSING_CONSENT_TEXT"),
        (
            {"consent": CONSENT | {"communications": [{"subscriptionTypeId": 1}]}},
            "MISSING_COMMUNICATION_CONSENT_TEXT",
        ),
        (
            {"consent": CONSENT | {"communications": [{"subscriptionTypeId": 1, "text": "x"}] * 2}},
            "DUPLICATE_SUBSCRIPTION_TYPE_ID",
        ),
        ({"consent": CONSENT, "legitimateInterest": {"text": "x"}}, "INVALID_LEGAL_OPTION_FORMAT"),
    ],
)
def test_consent_is_given_in_full_where_the_form_asks_for_it(kinds, options, kind):
    form = {"legalConsentOptions": {"type": "explicit_consent_to_process"}}
    assert kinds(form=form, legalConsentOptions=options) == [kind]
    assert kinds(form=form, legalConsentOptions={"consent": CONSENT}) == []
