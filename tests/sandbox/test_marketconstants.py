"""The market's constants are frozen."""

from __future__ import annotations

from leadscore.sandbox import marketconstants as fixed
from leadscore.sandbox import people

FROZEN = "1559d2a6f01d45913f06ba27349c0e24a63b7711fd8b1c2051336847bc646adc"


def test_the_constants_are_those_that_were_calibrated() -> None:
    assert fixed.fingerprint() == FROZEN


def test_another_constant_is_another_fingerprint(monkeypatch) -> None:
    monkeypatch.setattr(fixed, "LOG_HAZARD", fixed.LOG_HAZARD + 0.001)
    assert fixed.fingerprint() != FROZEN


def test_there_is_a_constant_for_each_option() -> None:
    for by_size in (fixed.SIZE_FIT, fixed.SIZE_SHARES, fixed.SIZE_WEB, fixed.CHIEF_SIZE_FIT):
        assert len(by_size) == len(people.SIZES)
    assert len(fixed.COUNTRY_SHARES) == len(fixed.COUNTRY_FIT) == len(people.COUNTRIES)
    assert len(fixed.SENIORITY_FIT) == len(fixed.SENIORITY_SHARES) == len(people.SENIORITIES)
    assert {len(row) for row in fixed.INTEREST_INDUSTRY_FIT} == {len(people.INDUSTRIES)}
    assert len(fixed.SOURCE_SIZE_INTENT) == len(fixed.SOURCE_INTENT) == len(fixed.SOURCES)
    assert len(fixed.FORMS) == len(fixed.FORM_JUMPS) == len(fixed.CALL_AFTER_FORM)
