"""What is on record of who a contact is."""

from __future__ import annotations

import numpy as np
import pytest

from leadscore.sandbox.marketprofile import Names, company_domain, company_name
from leadscore.sandbox.world import World, simulate


@pytest.fixture(scope="module")
def world() -> World:
    return simulate(contacts=600, seed=1, now="2026-11-01")


def test_companies_have_domains_of_their_own_under_example(world):
    firms = np.arange(200)
    domains = company_domain(Names(world.plan.seed, world.plan.who), firms).tolist()
    assert len(set(domains)) == len(domains)
    assert all(domain.endswith(".example") for domain in domains)


def test_a_company_is_called_the_same_whoever_asks(world):
    names = Names(world.plan.seed, world.plan.who)
    both = company_name(names, np.array([5, 9]))
    assert both[1] == company_name(names, np.array([9]))[0]


def test_the_longer_form_fills_in_more(world):
    told = world.contacts.groupby("first_conversion_event_name")["jobtitle"].count()
    asked = world.contacts.groupby("first_conversion_event_name").size()
    share = (told / asked).rename(lambda name: name.partition(":")[0]).groupby(level=0).mean()
    assert share["Contact us"] > share["Newsletter"] + 0.2
