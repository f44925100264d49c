import pytest

from leadscore.sandbox.pipelinerules import check_order, check_stage, placed, renumbered, same_label
from leadscore.sandbox.pipelinestate import new_stage, stored
from leadscore.sandbox.replies import Refusal


def body(label, order=0, probability="0.5"):
    return {"label": label, "displayOrder": order, "metadata": {"probability": probability}}


def stage(label, order=0):
    return new_stage(body(label, order), label, at="now")


def labels(stages):
    return [(one["label"], one["displayOrder"]) for one in stages]


def test_a_stage_takes_a_place_that_is_free():
    found = placed([stage("a", 0), stage("b", 4)], stage("c", 2))
    assert labels(found) == [("a", 0), ("c", 2), ("b", 4)]


def test_in_a_place_that_is_taken_it_comes_after_and_all_are_numbered_anew():
    found = placed([stage("a", 0), stage("b", 4)], stage("c", 0))
    assert labels(found) == [("a", 0), ("c", 1), ("b", 2)]


def test_of_two_in_one_request_the_later_goes_first():
    assert labels(renumbered([stage("a", 3), stage("b", 3)])) == [("b", 0), ("a", 1)]
    assert labels(renumbered([stage("a", 3), stage("b", 1)])) == [("b", 1), ("a", 3)]


@pytest.mark.parametrize(
    ("given", "closed", "kept"),
    [("1", "true", "1.0"), ("0", "true", "0.0"), (".25", "false", "0.25"), ("1.0", "true", "1.0")],
)
def test_hubspot_derives_whether_a_stage_is_closed_and_prints_its_probability(given, closed, kept):
    assert stored({"probability": given}) == {"isClosed": closed, "probability": kept}


@pytest.mark.parametrize("probability", ["1.1", "-0.1", "nan", "50%", "1e-1", ""])
def test_a_probability_is_between_zero_and_one(probability):
    with pytest.raises(Refusal, match="must be between") as refusal:
        check_stage(body("a", probability=probability), [])
    assert (refusal.value.status, refusal.value.category) == (400, "")


def test_a_deal_stage_needs_a_probability():
    with pytest.raises(Refusal, match="must specify probability"):
        check_stage(body("a") | {"metadata": {}}, [])


@pytest.mark.parametrize("missing", ["label", "displayOrder", "metadata"])
def test_a_stage_needs_label_place_and_metadata(missing):
    given = {key: value for key, value in body("a").items() if key != missing}
    with pytest.raises(Refusal, match=missing):
        check_stage(given, [])
    check_stage(given, [], whole_body=False)


def test_labels_are_compared_without_case_and_spaces():
    assert same_label([stage("Won")], " won ")
    with pytest.raises(Refusal) as refusal:
        check_stage(body("WON"), [stage("Won")])
    assert refusal.value.more["subCategory"] == "PipelineError.STAGE_LABEL_EXISTS"


@pytest.mark.parametrize("order", [-1, True, "1", 1.5])
def test_a_place_is_a_whole_number_from_zero_up(order):
    with pytest.raises(Refusal):
        check_order(order)
