import numpy as np
import pandas as pd
from auditframes import honest, leaky

from leadscore.features import prepare, select
from leadscore.giveaways import giveaways

N = 1000


def checks(frame, **options):
    chosen = select(frame)
    prepared = prepare(frame, chosen.types, options=chosen.options)
    outcome = frame["outcome"].to_numpy("float64")
    found = giveaways(prepared, list(prepared.columns), outcome, **options)
    return {finding.property: finding.check for finding in found}


def only(values, outcome):
    prepared = pd.DataFrame({"odd": values})
    return [f.check for f in giveaways(prepared, ["odd"], outcome.astype(float))]


def test_honest_leads_give_nothing_away():
    assert checks(honest()) == {}
    assert checks(honest(rate=0.5, strength=1.2)) == {}


def test_being_filled_can_give_it_away():
    assert checks(leaky("presence")) == {"leak": "presence alone"}


def test_being_empty_can_give_it_away():
    outcome = np.arange(N) % 5 == 0
    empty = np.random.default_rng(0).random(N) < np.where(outcome, 0.9, 0.05)
    assert only(np.where(empty, np.nan, 1.0), outcome) == ["presence alone"]


def test_presence_that_tells_a_little_is_honest():
    outcome = np.arange(N) % 5 == 0
    filled = np.random.default_rng(0).random(N) < np.where(outcome, 0.6, 0.3)
    assert only(np.where(filled, 1.0, np.nan), outcome) == []


def test_one_value_that_nearly_all_convert_with_gives_it_away():
    assert checks(leaky("category")) == {"leak": "one value alone"}


def test_one_value_of_a_number_counts_like_a_text():
    outcome = np.arange(N) % 5 == 0
    value = np.where(outcome & (np.arange(N) % 2 == 0), 7.0, np.arange(N) % 4 * 1.0)
    assert only(value, outcome) == ["one value alone"]


def test_a_value_that_converts_often_is_honest():
    outcome = np.random.default_rng(0).random(N) < np.where(np.arange(N) < 200, 0.6, 0.05)
    assert only(np.where(np.arange(N) < 200, 7.0, 1.0), outcome) == []


def test_a_value_that_few_have_proves_nothing():
    outcome = np.arange(N) % 5 == 0
    rare = outcome & (np.arange(N) < 60)
    assert only(np.where(rare, 7.0, np.arange(N) % 4 * 1.0), outcome) == []


def test_odds_that_may_be_chance_prove_nothing():
    outcome = np.arange(N) % 7 == 0
    wins, losses = np.flatnonzero(outcome)[:20], np.flatnonzero(~outcome)[:2]
    value = np.arange(N) % 4 * 1.0
    value[[*wins, *losses]] = 7.0
    assert only(value, outcome) == []


def test_purity_is_that_of_all_contacts_where_conversions_were_oversampled():
    outcome = np.arange(N) % 2 == 0
    shady = np.where(outcome, np.arange(N) % 10 < 5, np.arange(N) % 50 == 1)
    value = np.where(shady, 7.0, np.arange(N) % 3 * 1.0)
    assert only(value, outcome) == ["one value alone"]
    prepared = pd.DataFrame({"odd": value})
    found = [*giveaways(prepared, ["odd"], outcome.astype(float), rate=0.05)]
    assert found == []


def test_the_finding_stands_under_the_property_of_the_column():
    outcome = np.arange(N) % 5 == 0
    prepared = pd.DataFrame({"opens__30d": np.where(outcome, 1.0, 0.0)})
    (found,) = giveaways(prepared, ["opens"], outcome.astype(float))
    assert (found.property, found.check, found.verdict) == ("opens", "too good alone", "exclude")


def test_with_history_one_value_is_advice_and_presence_must_tell_more():
    level, presence = leaky("category"), leaky("presence")
    for frame, verdicts in ((level, ["advice"]), (presence, [])):
        prepared = frame[["leak"]].astype({"leak": frame["leak"].dtype})
        outcome = frame["outcome"].to_numpy("float64")
        found = giveaways(prepared, ["leak"], outcome, history=True)
        assert [finding.verdict for finding in found] == verdicts
