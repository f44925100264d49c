import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadscore import features
from leadscore.encoding import encoder, matrix_sources

SNAPSHOT = pd.Timestamp("2026-05-01", tz="UTC")
N = 400


def frame(n=N, seed=0):
    rng = np.random.default_rng(seed)
    tags = [None if r < 0.1 else ["p"] if r < 0.5 else ["p", "q"] for r in rng.random(n)]
    return pd.DataFrame(
        {
            "contact_id": [str(i) for i in range(n)],
            "snapshot_at": SNAPSHOT,
            "outcome": pd.array(rng.random(n) < 0.2, dtype="boolean"),
            "visits": np.where(rng.random(n) < 0.2, np.nan, rng.poisson(3, n)),
            "opted": pd.array(rng.choice([True, False, None], n), dtype="boolean"),
            "source": pd.Series(rng.choice(["web", "fair", None], n), dtype="str"),
            "last_open": SNAPSHOT - pd.to_timedelta(rng.integers(-5, 60, n), unit="D"),
            "tags": tags,
        }
    )


def encoded(train, other=None):
    chosen = features.select(train)
    columns = features.prepared_columns(chosen.types, chosen.options)
    fitted = encoder({name: column.type for name, column in columns.items()})
    first = fitted.fit_transform(features.prepare(train, chosen.types, options=chosen.options))
    if other is None:
        return first.toarray(), fitted, columns
    ready = features.prepare(other, chosen.types, options=chosen.options)
    return fitted.transform(ready).toarray()


def test_the_types_of_hubspot_win_over_the_dtypes():
    data = frame()
    assert features.column_types(data) == {
        "last_open": "datetime",
        "opted": "bool",
        "source": "string",
        "tags": "checkboxes",
        "visits": "number",
    }
    data.attrs["types"] = {"source": "phone_number", "tags": "enumeration"}
    assert features.column_types(data)["source"] == "string"
    data.attrs["types"] = {"source": "enumeration", "tags": "enumeration"}
    assert features.column_types(data)["source"] == "enumeration"
    assert features.column_types(data)["tags"] == "checkboxes"


def test_a_column_of_another_type_is_named():
    types = features.column_types(frame())
    wrong = frame().assign(visits="3", last_open=1.0)
    assert features.mismatches(frame(), types) == []
    assert features.mismatches(wrong, types) == [
        "last_open is number, not datetime",
        "visits is string, not number",
    ]


def test_a_column_without_any_value_fits_every_type():
    empty = frame().assign(visits=None, tags=None)
    assert features.mismatches(empty, features.column_types(frame())) == []


def test_texts_of_ones_own_and_empty_columns_are_left_out_with_their_reason():
    data = frame().assign(
        remark=[f"remark {i}" for i in range(N)],
        town=[f"town {i % 250 if i > 30 else 0}" for i in range(N)],
        nothing=np.nan,
        rare_boxes=[["a"] if i < 5 else None for i in range(N)],
    )
    assert features.select(data).excluded == [
        {"property": "nothing", "why": "it has no value"},
        {"property": "rare_boxes", "why": "no option is shared by 20 rows"},
        {"property": "remark", "why": "no value is shared by 20 rows"},
        {"property": "town", "why": "most contacts have a value of their own"},
    ]
    kept = features.select(data, keep=["town", "nothing"])
    assert "town" in kept.types
    assert "nothing" not in kept.types


def test_several_snapshots_of_a_contact_do_not_make_its_text_a_shared_value():
    names = pd.Series([f"name {i}" for i in range(N)])
    data = pd.concat([frame().assign(name=names)] * 30, ignore_index=True)
    assert [e["property"] for e in features.select(data).excluded] == ["name"]


def test_dates_become_days_before_the_snapshot_and_later_ones_are_unknown():
    data = frame(3).assign(last_open=SNAPSHOT + pd.to_timedelta([-36, 0, 1], unit="h"))
    days = features.prepare(data, {"last_open": "datetime"})["last_open"]
    assert days.tolist()[:2] == [1.5, 0.0]
    assert np.isnan(days[2])


def test_infinite_numbers_count_as_missing():
    data = frame(3).assign(visits=[np.inf, 1.0, -np.inf])
    assert features.prepare(data, {"visits": "number"})["visits"].isna().tolist() == [1, 0, 1]


def test_absurd_numbers_are_moved_to_within_reach_of_the_training_rows():
    data = frame(4).assign(visits=[10.0, 20.0, np.nan, 15.0])
    limits = features.value_limits(features.prepare(data, {"visits": "number"}))
    absurd = data.assign(visits=[1e99, -1e99, np.nan, 25.0])
    moved = features.prepare(absurd, {"visits": "number"}, limits=limits)["visits"]
    assert moved.tolist()[:2] == [30.0, 0.0]
    assert np.isnan(moved[2])
    assert moved[3] == 25.0


def test_each_checkbox_option_is_a_column():
    data = frame(3).assign(tags=[["a", "b"], None, np.array(["b"])])
    made = features.prepare(data, {"tags": "checkboxes"}, options={"tags": ["a", "b"]})
    assert made["tags: a"].tolist() == [1, 0, 0]
    assert made["tags: b"].tolist() == [1, 0, 1]


def test_preparing_is_row_by_row():
    data = frame()
    chosen = features.select(data)
    whole = features.prepare(data, chosen.types, options=chosen.options)
    part = features.prepare(data.iloc[7:20], chosen.types, options=chosen.options)
    pd.testing.assert_frame_equal(whole.iloc[7:20], part)


def test_preparing_is_the_same_in_every_time_zone_and_column_order():
    data = frame()
    chosen = features.select(data)
    moved = data.assign(last_open=data["last_open"].dt.tz_convert("Asia/Tokyo"))
    pd.testing.assert_frame_equal(
        features.prepare(data, chosen.types, options=chosen.options),
        features.prepare(moved[moved.columns[::-1]], chosen.types, options=chosen.options),
    )


def test_each_column_of_the_matrix_leads_back_to_its_property():
    matrix, fitted, columns = encoded(frame())
    sources = [columns[name].property for (name,) in matrix_sources(fitted)]
    assert len(sources) == matrix.shape[1]
    assert sorted(set(sources)) == ["last_open", "opted", "source", "tags", "visits"]
    assert sources.count("source") == 3  # web, fair and missing


def test_missing_numbers_differ_from_the_median():
    data = frame()
    usual = data["visits"].median()
    asked = data.head(2).assign(visits=[usual, np.nan])
    rows = encoded(data, asked.assign(**{c: data[c].iloc[0] for c in ("opted", "source")}))
    assert not np.array_equal(rows[0], rows[1])


@given(
    visits=st.floats(allow_nan=True, allow_infinity=True, width=64),
    source=st.one_of(st.none(), st.text(max_size=20)),
    opted=st.sampled_from([True, False, None]),
    tags=st.one_of(st.none(), st.lists(st.text(max_size=5), max_size=3)),
)
def test_whatever_a_lead_holds_the_matrix_is_finite(visits, source, opted, tags):
    lead = frame(1).assign(
        visits=visits,
        source=pd.Series([source], dtype="str"),
        opted=pd.array([opted], dtype="boolean"),
        tags=[tags],
    )
    assert np.isfinite(encoded(frame(), lead)).all()


@pytest.mark.parametrize("name", ["n_jobs", "verbose", "a__b", "remainder", "transformers"])
def test_a_property_may_have_any_name(name):
    matrix, fitted, _ = encoded(frame().rename(columns={"source": name}))
    assert (name,) in matrix_sources(fitted)
    assert matrix.shape[0] == N


def test_columns_empty_in_the_training_rows_do_no_harm():
    types = {"visits": "number", "opted": "bool", "source": "string"}
    kinds = {"visits": "number", "opted": "bool", "source": "level"}
    empty = frame().assign(visits=np.nan, opted=pd.NA, source=pd.Series([None] * N, dtype="str"))
    fitted = encoder(kinds).fit(features.prepare(empty, types))
    assert np.isfinite(fitted.transform(features.prepare(frame(), types)).toarray()).all()


def test_a_date_to_come_is_kept_where_it_was_known_then():
    data = frame(2).assign(last_open=SNAPSHOT + pd.to_timedelta([-1, 3], unit="D"))
    days = features.prepare(data, {"last_open": "datetime"}, ahead=True)["last_open"]
    assert days.tolist() == [1.0, -3.0]


def test_a_level_of_few_contacts_is_not_named_however_many_snapshots_they_have():
    town = pd.Series(["Ulm"] * 5 + ["Bonn"] * (N - 5), dtype="str")
    data = pd.concat([frame().assign(town=town)] * 30, ignore_index=True)
    chosen = features.select(data)
    assert chosen.options["town"] == ("Bonn",)
    made = features.prepare(data.head(6), chosen.types, options=chosen.options)
    assert made["town"].tolist() == [features.OTHER] * 5 + ["Bonn"]


def test_columns_that_are_no_features_are_left_alone():
    data = frame()
    data.attrs["not_features"] = ["source"]
    assert "source" not in features.column_types(data)


def test_job_titles_are_read_and_need_not_be_shared():
    titles = [
        f"{rank} {work} {i}"
        for i, (rank, work) in enumerate(
            [("Head of", "Sales"), ("Junior", "Accountant"), ("VP", "Marketing"), ("", "CEO")] * 100
        )
    ]
    data = frame().assign(job=pd.Series(titles, dtype="str"))
    chosen = features.select(data)
    assert chosen.types["job"] == "title"
    assert chosen.excluded == []
    made = features.prepare(data.head(2), chosen.types, options=chosen.options)
    assert made["job: role"].tolist() == ["sales", "finance"]
    assert "job" not in made


def test_of_mail_addresses_only_the_kind_of_domain_is_kept():
    homes = ["freemail.example", "gmail.com", "acme.com", "uni-ulm.de"]
    mails = pd.Series([f"person{i}@{homes[i % 4]}" for i in range(N)], dtype="str")
    data = frame().assign(mail=mails)
    chosen = features.select(data)
    assert (chosen.types["mail"], chosen.options["mail"]) == ("domain", ())
    made = features.prepare(data, chosen.types, options=chosen.options)
    assert set(made["mail: kind"]) <= {"free", "company", "education"}
    assert not any(made[name].astype("str").str.contains("@").any() for name in made)


def test_dates_tell_their_weekday_unless_they_lie_ahead_unknown():
    day = pd.Timestamp("2026-04-29", tz="UTC")  # a Wednesday
    data = frame(2).assign(last_open=pd.Series([day, SNAPSHOT + pd.Timedelta("3D")]))
    made = features.prepare(data, {"last_open": "datetime"})
    assert made["last_open: weekday"].tolist()[0] == "Wednesday"
    assert made["last_open: weekday"].isna().tolist() == [False, True]


def test_preparing_makes_the_columns_that_are_announced():
    data = frame().assign(job=pd.Series(["CEO", "Sales rep"] * (N // 2), dtype="str"))
    chosen = features.select(data)
    made = features.prepare(data, chosen.types, options=chosen.options)
    assert list(made) == list(features.prepared_columns(chosen.types, chosen.options))


@given(
    st.lists(st.floats(-1e12, 1e12, allow_subnormal=False), min_size=2, max_size=30, unique=True)
)
def test_limits_hold_the_range_twice_over_and_tell_no_value(values):
    low, high = features.value_limits(pd.DataFrame({"size": values}))["size"]
    span = max(values) - min(values)
    slack = 1e-9 * max(map(abs, values))
    assert low <= min(values) - span + slack
    assert high >= max(values) + span - slack
    assert high - low <= 3 * span * 1.07 + slack


def test_the_largest_value_cannot_be_worked_out_from_the_limits():
    low, high = features.value_limits(pd.DataFrame({"pay": [0.0, 40_000.0, 123_457.0]}))["pay"]
    assert (low, high) == (-130_000.0, 250_000.0)
