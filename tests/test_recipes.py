import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit

from leadscore.recipes import (
    STIFF,
    STRENGTHS,
    SUPPLE,
    USUAL,
    Recipe,
    Rows,
    Side,
    affine,
    chosen,
    pipeline_of,
)


def market(n=6000, *, together=1.5, seed=0, noise=0):
    """Return rows in which industry and interest act together, and columns that say nothing."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "industry": rng.choice(["food", "steel", "paper"], n),
            "interest": rng.choice(["a", "b", "c"], n),
            "visits": rng.poisson(3, n).astype(float),
            **{f"noise{i}": rng.normal(size=n) for i in range(noise)},
        }
    ).astype({"industry": "str", "interest": "str"})
    fits = (frame["industry"] == "food") == (frame["interest"] == "a")
    chance = expit(-2 + 0.3 * (frame["visits"] - 3) + together * (2 * fits - 1))
    return Rows(
        frame=frame,
        outcome=(rng.random(n) < chance).to_numpy().astype(np.int64),
        contacts=np.arange(n),
        times=pd.Series(pd.date_range("2025-01-01", periods=n, freq="h", tz="UTC")),
        types={n: "level" if n in ("industry", "interest") else "number" for n in frame},
    )


def side(rows):
    half = len(rows.outcome) // 2
    return [Side(np.arange(half), np.arange(half, 2 * half))]


def test_a_pair_that_acts_together_is_chosen():
    rows = market()
    recipe = chosen(rows, side(rows))
    assert recipe.pairs[0] == ("industry", "interest")
    assert recipe.strength in STRENGTHS


def test_without_anything_acting_together_there_are_no_pairs():
    rows = market(together=0.0)
    assert chosen(rows, side(rows)).pairs == ()


def of_one_number(logits, n=4000):
    """Return rows with one number from -2 to 2 and what it says of the outcome."""
    rng = np.random.default_rng(0)
    number = rng.uniform(-2, 2, n)
    return Rows(
        frame=pd.DataFrame({"number": number}),
        outcome=(rng.random(n) < expit(logits(number))).astype(np.int64),
        contacts=np.arange(n),
        times=pd.Series(pd.date_range("2025-01-01", periods=n, freq="h", tz="UTC")),
        types={"number": "number"},
    )


def test_a_curve_is_supple_where_the_rows_bend_it():
    rows = of_one_number(lambda number: 4 * np.abs(number) - 4)
    assert chosen(rows, side(rows)).bend == SUPPLE


def test_a_straight_line_stays_stiff():
    rows = of_one_number(lambda number: number)
    assert chosen(rows, side(rows)).bend == STIFF


def test_few_rows_that_say_much_are_shrunk_little():
    rows = of_one_number(lambda number: 6 * number, n=400)
    assert chosen(rows, side(rows)).strength > 0.1


def test_rows_that_say_nothing_are_shrunk_as_usual_or_more():
    rows = of_one_number(lambda number: 0 * number, n=400)
    assert chosen(rows, side(rows)).strength <= USUAL


def test_the_pipeline_bends_as_the_recipe_says():
    pipeline = pipeline_of({"number": "number"}, Recipe(0.1, bend=SUPPLE))
    rows = of_one_number(lambda number: number)
    fitted = pipeline.fit(rows.frame, rows.outcome)
    assert fitted.named_steps["encode"].named_transformers_["numbers"].bend == SUPPLE


def test_noise_flattens_what_is_said():
    quiet, loud = market(n=1200, seed=1), market(n=1200, seed=1, noise=40)
    assert chosen(loud, side(loud)).slope < chosen(quiet, side(quiet)).slope


def test_the_choice_sees_no_outcome_of_rows_that_no_side_names():
    rows = market()
    named = [Side(np.arange(2000), np.arange(2000, 4000))]
    hidden = rows.outcome.copy()
    hidden[4000:] = 1 - hidden[4000:]
    other = Rows(rows.frame, hidden, rows.contacts, rows.times, rows.types)
    one, two = chosen(rows, named), chosen(other, named)
    assert (one.strength, one.slope) == (two.strength, two.slope)


def test_the_same_rows_give_the_same_recipe():
    rows = market()
    assert chosen(rows, side(rows)) == chosen(market(), side(rows))


def test_the_pipeline_has_an_encoder_and_a_logistic_regression():
    rows = market()
    pipeline = pipeline_of(rows.types, Recipe(0.1, (("industry", "interest"),)))
    said = pipeline.fit(rows.frame, rows.outcome).predict_proba(rows.frame)[:, 1]
    assert list(pipeline.named_steps) == ["encode", "logistic"]
    assert said.mean() == pytest.approx(rows.outcome.mean(), abs=1e-3)


def test_recalibrating_recovers_a_known_line():
    rng = np.random.default_rng(0)
    truth = rng.uniform(0.02, 0.9, 40_000)
    happened = (rng.random(40_000) < truth).astype(int)
    distorted = (logit(truth) - 0.7) / 0.5
    slope, intercept = affine(distorted, happened)
    assert slope == pytest.approx(0.5, abs=0.02)
    assert intercept == pytest.approx(0.7, abs=0.06)
