"""Labels: what the portal shows, in its order; what is no option stays visible."""

import pandas as pd
import pytest

from leadscore.optionlabels import option_labels, with_labels


def _about(name: str, labels: object, *, type_: str = "enumeration") -> pd.DataFrame:
    row = {"name": name, "type": type_, "options": ["b", "a"], "option_labels": labels}
    return pd.DataFrame([row])


def test_values_become_labels_in_the_portals_order() -> None:
    frame = pd.DataFrame({"stage": pd.Series(["a", None, "b"], dtype="str")})
    labelled = with_labels(frame, _about("stage", ["Second", "First"]))["stage"]
    assert labelled.cat.categories.tolist() == ["Second", "First"]
    assert labelled.astype(object).fillna("-").tolist() == ["First", "-", "Second"]
    assert frame["stage"].dtype == "str", "the frame that was given is left alone"


def test_a_value_that_is_no_option_any_more_stays_after_the_others() -> None:
    frame = pd.DataFrame({"stage": pd.Series(["z", "a"], dtype="str")})
    labelled = with_labels(frame, _about("stage", ["B", "A"]))["stage"]
    assert labelled.cat.categories.tolist() == ["B", "A", "z"]
    assert labelled.tolist() == ["z", "A"]


def test_lists_keep_being_lists_of_labels() -> None:
    frame = pd.DataFrame({"topics": pd.Series([["a", "z"], None, []], dtype=object)})
    labelled = with_labels(frame, _about("topics", ["B", "A"]))["topics"]
    assert labelled.tolist() == [["A", "z"], None, []]


@pytest.mark.parametrize("labels", [None, [], ["only one"]])
def test_without_labels_the_values_stand_for_themselves(labels: object) -> None:
    frame = pd.DataFrame({"stage": pd.Series(["a"], dtype="str")})
    assert with_labels(frame, _about("stage", labels))["stage"].tolist() == ["a"]
    without = _about("stage", labels).drop(columns="option_labels")
    assert with_labels(frame, without)["stage"].cat.categories.tolist() == ["b", "a"]


def test_two_options_of_one_label_stay_apart() -> None:
    frame = pd.DataFrame({"stage": pd.Series(["a", "b"], dtype="str")})
    assert with_labels(frame, _about("stage", ["Same", "Same"]))["stage"].tolist() == [
        "Same (a)",
        "Same (b)",
    ]


def test_what_is_no_enumeration_or_not_in_the_frame_is_left_alone() -> None:
    frame = pd.DataFrame({"n": [1.5], "name": pd.Series(["a"], dtype="str")})
    for about in (_about("name", ["B", "A"], type_="string"), _about("gone", ["B", "A"])):
        pd.testing.assert_frame_equal(with_labels(frame, about), frame)
    pd.testing.assert_frame_equal(with_labels(frame, _about("n", ["B", "A"])), frame)


def test_only_options_of_enumerations_have_labels() -> None:
    both = pd.concat([_about("stage", ["B", "A"]), _about("visits", ["B", "A"], type_="number")])
    assert option_labels(both) == {"stage": {"b": "B", "a": "A"}}
