"""The constants of the simulated market, frozen.

They were calibrated once, before any model of ours was measured on the market, and are not to be
changed to make a later figure look better. `tests/sandbox/test_marketconstants.py` pins their
fingerprint.

Places in a tuple are those of `INDUSTRIES`, `SIZES`, `SENIORITIES` in `leadscore.sandbox.people`
and of `SOURCES`, `FORMS`, `INTERESTS` here.
"""

from __future__ import annotations

import hashlib
import json

__all__ = ["fingerprint"]

# ------------------------------------------------------------------ where they come from
# HubSpot's options of hs_analytics_source.
SOURCES = (
    *("ORGANIC_SEARCH", "PAID_SEARCH", "DIRECT_TRAFFIC", "EMAIL_MARKETING"),
    *("SOCIAL_MEDIA", "PAID_SOCIAL", "REFERRALS", "OFFLINE"),
)
OFFLINE = 7
OFFLINE_SHARE = 0.10
# Shares of the contacts that come online, at the start and at the end of the span.
SOURCE_SHARES = (
    (0.34, 0.16, 0.18, 0.10, 0.10, 0.04, 0.08),
    (0.26, 0.16, 0.16, 0.09, 0.09, 0.14, 0.10),
)
SOURCE_INTENT = (0.15, 0.2, 0.1, 0.0, -0.2, -0.2, 0.3, -0.2)
FORMS = ("Newsletter", "E-book", "Webinar", "Contact us")
FORM_SHARES = (0.28, 0.32, 0.22, 0.18)
FORM_INTENT = (-0.5, -0.15, 0.2, 0.8)
FORM_FILLED = (0.65, 0.88, 0.92, 0.97)
# How much more often the keen choose a form.
FORM_TILT = (-0.5, -0.1, 0.15, 0.6)
INTERESTS = ("platform", "analytics", "integration", "training")
INTEREST_SHARES = (0.4, 0.25, 0.2, 0.15)
IMPORT_EVERY_DAYS = 14
GROWTH = 0.7
CREATION_MONTHS = (1.0, 1.05, 1.1, 1.0, 1.0, 0.95, 0.8, 0.65, 1.1, 1.15, 1.1, 0.6)
WEEKEND_CREATION = 0.3

# ------------------------------------------------------------------ whom the product fits
SIZE_SHARES = (0.16, 0.26, 0.17, 0.14, 0.15, 0.07, 0.05)
INDUSTRY_SHARES = (0.24, 0.18, 0.10, 0.12, 0.15, 0.10, 0.11)
SENIORITY_SHARES = (0.08, 0.40, 0.28, 0.14, 0.10)
COUNTRY_SHARES = (0.31, 0.20, 0.12, 0.10, 0.06, 0.06, 0.03, 0.04, 0.03, 0.05)
FREE_MAIL_SHARE = (0.7, 0.14)  # students, others
SIZE_FIT = (-0.6, -0.2, 0.25, 0.5, 0.4, 0.0, -0.4)
INDUSTRY_FIT = (0.2, 0.2, 0.0, 0.1, -0.1, -0.3, -0.1)
SENIORITY_FIT = (-1.1, -0.2, 0.25, 0.4, 0.2)
COUNTRY_FIT = (0.1, 0.2, 0.0, 0.0, 0.1, -0.2, -0.2, -0.1, -0.1, 0.0)
# A chief decides alone in a small company and is far from the matter in a large one.
CHIEF_SIZE_FIT = (2.0, 1.55, 0.65, -0.35, -1.2, -1.75, -1.95)
SPECIALIST_SIZE_FIT = (-1.15, -0.8, -0.15, 0.35, 0.7, 1.05, 1.05)
# Interest by industry: each industry buys for one or two reasons.
INTEREST_INDUSTRY_FIT = (
    (0.35, -0.8, 1.3, -1.2, 1.05, -0.95, -0.7),
    (-1.15, 1.2, -0.8, 1.3, -0.6, -0.95, 1.2),
    (1.3, 0.45, -1.05, -0.8, -1.2, -0.7, -0.7),
    (-1.3, -0.7, -0.6, -0.95, -0.7, 2.0, -0.45),
)
# Source by size class (up to 25, up to 100, above): small ones buy by search, large by referral.
SOURCE_SIZE_INTENT = (
    (0.5, 0.0, -0.5),
    (0.8, 0.0, -0.9),
    (0.3, 0.0, -0.2),
    (0.0, 0.2, 0.0),
    (0.3, 0.0, -0.3),
    (0.5, -0.1, -0.6),
    (-0.7, 0.2, 0.9),
    (-0.9, 0.1, 0.7),
)
FREE_MAIL_FIT = -0.5
FIRM_SPREAD = 0.3
FIT_SPREAD = 0.45
INTENT_SPREAD = 0.6

# ------------------------------------------------------------------ when they buy
# The log of the hazard's scale, per day, solved so that `BASE_RATE` holds within 90 days of
# creation: `tests/sandbox/test_marketchances.py`.
LOG_HAZARD = -7.866
BASE_RATE = 0.07
# The world in which `LOG_HAZARD` and those of other base rates are solved: 2026-01-01.
REFERENCE_DAY = 20454
REFERENCE_CONTACTS = 2500
FIT_WEIGHT = 0.87
INTENT_WEIGHT = 0.5
GATED_INTENT = 0.6
BOUNCED_FACTOR = 0.35
OPTOUT_FACTOR = 0.3
# Strength and day of the year of each industry's best season.
SEASON_STRENGTH = (0.25, 0.3, 0.4, 0.5, 0.7, 0.9, 0.3)
SEASON_DAY = (300, 90, 60, 320, 30, 190, 100)
WEEKEND_BUYING = 0.25
TREND_PER_YEAR = -0.1
# Surges of intent: one at creation, one later, of exponential decay.
FLOOR = 0.2
SURGE_SIZE = (1.0, 1.6)
SURGE_SPREAD = (0.6, 0.9)
SURGE_DAYS = (14.0, 12.0)
SURGE_DAYS_SPREAD = 0.6
SECOND_SURGE_AFTER_DAYS = 380.0

# ------------------------------------------------------------------ what they do
WEEKEND_ACTIVITY = 0.3
ACTIVITY_MONTHS = (1.0, 1.0, 1.05, 1.0, 1.0, 0.95, 0.85, 0.75, 1.05, 1.05, 1.0, 0.75)
CURIOSITY_SPREAD = 0.7
STUDENT_CURIOSITY = 0.9
VISIT_RATE = (0.006, 0.07)  # per day: always, and per unit of surge
VISIT_INTENT = 0.55
PAGES_PER_VISIT = 2.0
PRICING_SHARE = -1.9
PRICING_INTENT = 0.7
NEW_SOURCE_SHARE = 0.2
FORM_RATE = (0.0006, 0.010)
FORM_RATE_INTENT = 0.5
CALL_RATE = 0.0015
CALL_LOOKS = 0.9
CALL_AFTER_FORM = (-3.5, -1.6, -0.7, 1.6)
CONNECT_SHARE = -0.4
CONNECT_INTENT = 0.5
MEETING_SHARE = -0.9
MEETING_INTENT = 0.6
DEAL_SHARE = -0.4
DEAL_FIT = 0.7
# Log odds of SIZES and SENIORITIES, as salespeople see them.
LOOKS_SIZE = (-0.9, -0.3, 0.1, 0.4, 0.7, 0.8, 0.8)
LOOKS_SENIORITY = (-1.5, -0.3, 0.3, 0.7, 1.0)
MAIL_EVERY_DAYS = 35
WELCOME_MAIL_DAYS = (2, 9)
OPEN_RATE = (0.16, 0.35)
OPEN_INTENT = 0.5
CLICK_SHARE = -1.3
CLICK_INTENT = 0.5
BOUNCE_SHARE = 0.03
OPTOUT_AFTER_DAYS = 4000.0
OPTOUT_INTENT = -0.6
# What an act adds to the momentum that multiplies the hazard, and how it fades.
HALF_LIFE_DAYS = (6.0, 21.0)
VISIT_JUMP = 0.4
PRICING_JUMP = 1.2
OPEN_JUMP = 0.1
CLICK_JUMP = 0.5
FORM_JUMPS = (0.1, 0.4, 1.0, 2.5)
CALL_JUMP = 0.5
CONNECT_JUMP = 0.8
MEETING_JUMP = 4.0
DEAL_JUMP = 6.0
GATE_SLOPE = 1.5
# The small buy on the web, the large by people.
SIZE_WEB = (2.2, 1.8, 1.2, 0.7, 0.3, 0.2, 0.1)
SIZE_SALES = (0.1, 0.3, 0.8, 1.3, 1.8, 2.1, 2.2)

# ------------------------------------------------------------------ what becomes of them
QUALIFIED_POINTS = 14.0
POINTS = (1.0, 3.0, 1.0, 2.0, 3.0)  # visit, pricing page, open, click, form
DEAL_STAGE_DAYS = 11.0
DEAL_LOST_DAYS = (30.0, 150.0)
LOGIN_RATE = 0.07
MERGED_SHARE = 0.015
ARCHIVED_SHARE = 0.01

# ------------------------------------------------------------------ when the market changes
DRIFT_RATE = -0.35
DRIFT_SOURCE = (0.0, -2.2, 0.0, 0.0, 0.4, 0.6, 0.0, 0.0)
DRIFT_INTEREST = (-0.6, 0.7, 0.0, 0.5)


def fingerprint() -> str:
    """Return the SHA-256 of all constants in their canonical serialisation.

    Examples
    --------
    >>> len(fingerprint())
    64
    """
    frozen = {name: value for name, value in globals().items() if name.isupper()}
    text = json.dumps(frozen, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
