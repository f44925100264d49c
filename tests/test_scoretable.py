import pandas as pd
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st
from leadframes import leads

from leadscore.reasons import vocabulary
from leadscore.scorebatches import ranked, score_batches
from leadscore.scores import _reached_rows, _tiered, _with_trend
from leadscore.scoretable import (
    SCHEMA,
    append_scores,
    last_scores,
    recent_runs,
    scored_lately,
    trend,
)  # fmt: skip
from leadscore.tiers import Cuts
from leadscore.training import train

MODEL = train(leads())
RANKED = ranked(score_batches(MODEL, [leads(40, seed=21)], vocabulary(MODEL, {})))
TABLE = _with_trend(_tiered(MODEL, RANKED, Cuts())[0], SCHEMA.empty_table())
GOAL, NOW = MODEL.goal, pd.Timestamp.now("UTC")


def put_on_record(store, table, *, goal=GOAL, status="done"):
    run = store.ledger.start_run("score", goal=goal)
    append_scores(store, table, model=MODEL, run=run)
    store.ledger.finish_run(run, status)
    return run


def test_a_run_is_one_commit_with_every_column_of_the_contract(store):
    run = put_on_record(store, TABLE)
    put_on_record(store, TABLE)
    assert store.versions("scores")["rows_added"].tolist() == [40, 40]
    kept = store.sql(f"select * from scores where run = '{run}'")
    assert {n: str(kind) for n, kind in kept.dtypes.items()} == {
        **dict.fromkeys(["contact_id", "model", "goal", "run"], "str"),
        **dict.fromkeys(["snapshot_at", "scored_at"], "datetime64[us, UTC]"),
        "probability": "float64",
        **dict.fromkeys(["score", "fit", "engagement"], "Int64"),
        **dict.fromkeys(["tier", "trend", "reasons"], "str"),
        "horizon_days": "Int64",
        "held_out": "boolean",
    }
    assert set(kept["horizon_days"]) == {30}
    by_contact = dict(zip(kept["contact_id"], kept["probability"], strict=True))
    given = zip(TABLE["contact_id"].to_pylist(), TABLE["probability"].to_pylist(), strict=True)
    assert by_contact == dict(given)


def test_an_erased_person_leaves_every_score_ever_given(store):
    for _ in range(2):
        put_on_record(store, TABLE)
    person = TABLE["contact_id"][3].as_py()
    assert store.erase([person]).rows["scores"] == 2
    assert store.rows("scores") == 78
    files = (store.workspace / "store" / "scores").glob("*.parquet")
    assert not any(person in pd.read_parquet(path)["contact_id"].tolist() for path in files)


def test_the_last_run_is_the_newest_that_ended_well_for_the_goal(store):
    first = put_on_record(store, TABLE)
    second = put_on_record(store, TABLE.slice(0, 10))
    put_on_record(store, TABLE, goal="another goal")
    put_on_record(store, TABLE, status="failed")
    runs = recent_runs(store, GOAL, NOW)
    assert runs == [second, first]
    assert len(last_scores(store, runs)) == 10


def test_runs_count_for_thirty_days_and_the_last_one_for_ever(store):
    first, second = put_on_record(store, TABLE), put_on_record(store, TABLE)
    assert recent_runs(store, GOAL, NOW + pd.Timedelta(days=29)) == [second, first]
    assert recent_runs(store, GOAL, NOW + pd.Timedelta(days=400)) == [second]


def test_who_was_scored_and_who_was_noted_as_reached_is_told_apart(store):
    there = TABLE["contact_id"].cast(pa.string()).combine_chunks()
    put_on_record(store, TABLE.slice(0, 5))
    put_on_record(store, _reached_rows(TABLE.schema, MODEL, there[:2], 0.0))
    runs = recent_runs(store, GOAL, NOW)
    scored, reached = scored_lately(store, runs, there[:7])
    assert sorted(scored.to_pylist()) == sorted(there[:5].to_pylist())
    assert sorted(reached.to_pylist()) == sorted(there[:2].to_pylist())
    assert len(last_scores(store, runs)) == 0  # those that reached the goal have no score


def test_a_store_without_scores_has_no_last_ones(store):
    assert recent_runs(store, GOAL, NOW) == []
    assert len(last_scores(store, [])) == 0
    assert [len(found) for found in scored_lately(store, [], pa.array(["1"]))] == [0, 0]


@given(st.lists(st.integers(0, 100)), st.dictionaries(st.integers(0, 30), st.integers(0, 100)))
def test_a_trend_is_against_the_last_score_by_three_points(now, before):
    ids = [str(place) for place in range(len(now))]
    last = pa.table(
        {"contact_id": pa.array(map(str, before), pa.string()), "score": list(before.values())},
        schema=pa.schema([SCHEMA.field("contact_id"), SCHEMA.field("score")]),
    )
    scores = pa.chunked_array([now], pa.int64())
    found = trend(pa.chunked_array([ids], pa.large_string()), scores, last).to_pylist()
    for place, said in enumerate(found):
        moved = now[place] - before[place] if place in before else None
        assert said == (
            "new" if moved is None else
            "rising" if moved >= 3 else "falling" if moved <= -3 else "steady"
        )  # fmt: skip
