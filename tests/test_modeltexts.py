from leadscore.modeltexts import checks, models

MODEL = {
    "id": "0123456789",
    "created": "2026-11-25T10:00:00+00:00",
    "goal": "customer within 90 days",
    "roc_auc": 0.7123,
    "signal": True,
    "live": True,
}


def test_the_live_model_is_marked_and_one_without_a_signal_says_so():
    other = {**MODEL, "id": "9876543210", "live": False, "signal": False}
    first, second = models({"models": [MODEL, other]}).splitlines()
    assert first.startswith("* 0123456789")
    assert "ROC AUC 0.712" in first
    assert second.startswith("  9876543210")
    assert second.endswith("no usable signal")


def test_a_model_that_was_never_evaluated_is_listed_too():
    assert "not evaluated" in models({"models": [{**MODEL, "roc_auc": None}]})


def test_without_models_the_command_that_makes_one_is_named():
    assert "leadscore train" in models({"models": []})


def test_each_finding_has_a_row_with_what_to_do():
    found = {"property": "visits", "check": "psi", "verdict": "alarm", "advice": "Train again."}
    assert checks({"alarms": 1, "checks": [found]}).splitlines()[-1] == (
        "visits · psi · alarm  Train again."
    )


def test_where_all_is_well_it_is_said():
    assert checks({"checks": []}).endswith("Nothing to look at.")
