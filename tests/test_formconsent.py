"""Who consents to what, in the form's own words."""

from __future__ import annotations

import pytest

from leadscore.errors import UsageError
from leadscore.formconsent import Consent

ASKS = {
    "legalConsentOptions": {
        "type": "explicit_consent_to_process",
        "consentToProcessText": "I agree",
        "communicationsCheckboxes": [{"subscriptionTypeId": 9, "label": "News"}],
    }
}
IMPLIED = {
    "legalConsentOptions": {"type": "implicit_consent_to_process", "privacyText": "You agree"}
}
NONE = {"legalConsentOptions": {"type": "none"}}


def test_a_form_that_asks_for_consent_is_not_submitted_without_it():
    for given in (None, {"communications": {9: True}}):
        with pytest.raises(UsageError, match="asks for consent"):
            Consent(ASKS, given)
    assert Consent(NONE, None).of({}) == (None, "")


@pytest.mark.parametrize("word", [True, "yes", "TRUE", " 1 ", 1, "ja", "Sí", "oui"])
def test_who_says_yes_consents_in_the_words_of_the_form(word):
    legal, wrong = Consent(ASKS, "ok").of({"ok": word})
    assert legal == {"consent": {"consentToProcess": True, "text": "I agree", "communications": []}}
    assert wrong == ""


@pytest.mark.parametrize("form", [ASKS, IMPLIED])
@pytest.mark.parametrize("word", [False, "no", "Nein", "", None, float("nan"), 0])
def test_whoever_does_not_say_yes_does_not_consent_whatever_the_form_asks(word, form):
    assert Consent(form, "ok").of({"ok": word}) == (None, "does not consent to process")


@pytest.mark.parametrize("form", [ASKS, IMPLIED])
@pytest.mark.parametrize("word", ["vielleicht", [True], 2])
def test_what_is_no_yes_and_no_no_is_no_consent_and_said_so(word, form):
    legal, wrong = Consent(form, "ok").of({"ok": word})
    assert legal is None
    assert "no yes or no" in wrong


@pytest.mark.parametrize("form", [ASKS, IMPLIED, NONE])
@pytest.mark.parametrize("given", [False, 0, {"process": False}])
def test_consent_that_nobody_gives_submits_nothing(form, given):
    with pytest.raises(UsageError, match="nobody consents to process, so nothing is submitted"):
        Consent(form, given)


def test_consent_to_communications_is_never_taken_for_granted():
    assert Consent(ASKS, True).of({})[0]["consent"]["communications"] == []
    given = Consent(ASKS, {"process": True, "communications": {9: "news"}})
    assert given.columns == {"news"}
    for says in (True, False):
        told = given.of({"news": says})[0]["consent"]["communications"]
        assert told == [{"value": says, "subscriptionTypeId": 9, "text": "News"}]


def test_hubspots_own_object_is_sent_as_it_is():
    own = {"legitimateInterest": {"value": True, "legalBasis": "LEAD", "text": "Because"}}
    assert Consent(NONE, own).of({}) == (own, "")


@pytest.mark.parametrize(
    ("form", "given"),
    [
        (ASKS, {"procss": True}),
        (ASKS, {"process": True, "communications": {8: True}}),
        (NONE, True),
    ],
)
def test_what_fits_nothing_is_refused(form, given):
    with pytest.raises(UsageError):
        Consent(form, given)
