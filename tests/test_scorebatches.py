import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from leadframes import leads
from scipy.special import logit

from leadscore import scorebatches
from leadscore.errors import DataError, ModelError
from leadscore.reasons import vocabulary
from leadscore.scorebatches import CHUNK, SCHEMA, pieces, ranked, score_batches
from leadscore.training import train

MODEL = train(leads())
FRESH = leads(600, seed=21)
WORDS = vocabulary(MODEL, FRESH.attrs["labels"])
WHOLE = score_batches(MODEL, [FRESH], WORDS)


def test_the_size_of_the_batches_changes_no_bit():
    for size in (7, 250, 599, 600):
        assert score_batches(MODEL, pieces(FRESH, size), WORDS).equals(WHOLE)


def test_the_rows_come_back_in_their_order():
    assert WHOLE["contact_id"].to_pylist() == FRESH["contact_id"].tolist()


def test_base_and_reasons_are_the_logit_of_every_contact():
    parts = MODEL.contributions(FRESH)
    sums = parts.attrs["base"] + parts.sum(axis=1)
    assert np.abs(sums - logit(WHOLE["probability"].to_numpy())).max() < 1e-6
    lists = [WHOLE[f"reasons_{side}"].to_pylist() for side in ("for", "against")]
    told = [
        {reason["property"]: reason["contribution"] for side in row for reason in side}
        for row in zip(*lists, strict=True)
    ]
    strong = parts.where(parts.abs() >= 0.05).apply(lambda row: row.dropna().to_dict(), axis=1)
    assert told == strong.tolist()


def test_contacts_equal_to_training_rows_but_for_the_last_bit_get_their_score():
    grid, off = [0.0, 1.0, 2.0, 3.0], np.nextafter(2.0, 3.0)
    found = scorebatches._share_below(grid, np.array([2.0, off]))
    assert found.to_pylist() == [50, 50]


def test_those_held_out_are_scored_like_the_others():
    held = FRESH.assign(held_out=np.arange(len(FRESH)) % 3 == 0)
    found = score_batches(MODEL, [held], WORDS)
    assert found["held_out"].to_numpy().sum() == 200
    assert found.drop(["held_out"]).equals(WHOLE.drop(["held_out"]))


def test_nobody_to_score_gives_an_empty_table():
    assert score_batches(MODEL, [], WORDS).schema == SCHEMA
    assert score_batches(MODEL, pieces(FRESH.head(0)), WORDS).equals(SCHEMA.empty_table())


def test_a_fault_in_a_later_batch_is_raised_as_it_is():
    frames = [*pieces(FRESH, 100), FRESH.drop(columns="visits")]
    with pytest.raises(ModelError, match="missing: visits"):
        score_batches(MODEL, frames, WORDS)


def test_the_best_come_first_and_ties_go_by_contact():
    doubled = pd.concat([FRESH, FRESH.assign(contact_id="x" + FRESH["contact_id"])])
    found = ranked(score_batches(MODEL, pieces(doubled, 500), WORDS))
    keys = list(
        zip((-found["probability"].to_numpy()), found["contact_id"].to_pylist(), strict=True)
    )
    assert keys == sorted(keys)
    own = dict(zip(WHOLE["contact_id"].to_pylist(), WHOLE["reasons"].to_pylist(), strict=True))
    told = zip(found["contact_id"].to_pylist(), found["reasons"].to_pylist(), strict=True)
    assert all(own[contact.removeprefix("x")] == text for contact, text in told)


def test_a_ranking_of_more_than_one_piece_keeps_each_row_together():
    copies = -(-(2 * CHUNK + 1) // len(WHOLE))
    names = pa.array([f"{n:08d}" for n in range(copies * len(WHOLE))], pa.large_string())
    many = pa.concat_tables([WHOLE] * copies).set_column(0, "contact_id", [names])
    found = ranked(many)
    assert found.schema == SCHEMA
    assert found["reasons"].num_chunks == 3
    order = np.lexsort((np.arange(len(many)), -many["probability"].to_numpy()))
    for name in SCHEMA.names:
        assert found[name].combine_chunks().equals(many[name].combine_chunks().take(order)), name


def test_nobody_is_ranked_too():
    assert ranked(SCHEMA.empty_table()).equals(SCHEMA.empty_table())


def test_a_contact_that_comes_in_two_batches_is_refused():
    twice = pa.concat_tables([WHOLE, WHOLE.slice(0, 2)])
    with pytest.raises(DataError, match="2 contacts have more than one row"):
        ranked(twice)
