from __future__ import annotations

import pytest

from leadscore import texts

LINE = {
    "contacts": 41188, "converted": 4640, "model": "m1", "features_used": 19,
    "excluded": [{"property": "duration", "why": "known too late"}],
    "protocol": "temporal_holdout", "test_rows": 12356, "roc_auc": 0.667,
    "roc_auc_ci": [0.65, 0.68], "average_precision": 0.4, "lift_top_decile": 1.9,
    "lift_top_decile_ci": [1.8, 2.0], "brier_skill": 0.01, "ece": 0.05, "signal": False,
}  # fmt: skip


def test_the_evaluation_says_protocol_interval_and_what_was_left_out():
    said = texts.evaluation(LINE)
    for word in ("41,188", "newest 30 %", "0.650 to 0.680", "duration", "nothing is written"):
        assert word in said


def test_the_oracle_is_named_only_where_there_is_one():
    assert "simulated world" not in texts.evaluation(LINE)
    assert "0.900" in texts.evaluation(LINE | {"oracle_roc_auc": 0.9})


def test_the_demo_adds_what_was_written_and_where_the_time_went():
    more = {
        "written": 5,
        "verified": 5,
        "rejected": 0,
        "seconds": {"sync": 1.5},
        "report": "r.html",
    }
    said = texts.demo(LINE | more)
    assert "5 verified" in said
    assert "sync" in said
    assert "r.html" in said


def test_plain_lines_show_lists_and_counts_in_words():
    said = texts.plain({"tiers": {"A": 1, "B": 2}, "creates_properties": [], "n": 3})
    assert "A 1, B 2" in said
    assert "none" in said


SYNCED = {
    "contacts": 3000, "companies": 0, "deals": 460, "history_rows": 9, "requests": 74,
    "seconds": 4.8, "misfits": 0, "why": [], "full": {"contacts": True, "deals": False},
    "changed": {"contacts": 1, "companies": 0, "deals": 0}, "barred": {},
    "removed": {"contacts": 0, "companies": 0, "deals": 0},
}  # fmt: skip
SCOPE = "crm.objects.companies.read"


@pytest.mark.parametrize("said", [SCOPE, f"Give the token the scope {SCOPE}."])
def test_a_sync_that_may_not_read_companies_does_not_say_that_it_holds_all(said):
    barred = {"barred": {"companies": said}}
    started = SYNCED | barred | {"full": {"contacts": True, "companies": False, "deals": True}}
    for line in (SYNCED | barred, started):
        rows = texts.sync(line).splitlines()
        assert f"Not read      companies. Give the token the scope {SCOPE}." in rows
        assert "Complete      the store holds all contacts and deals that the portal counts" in rows
        assert not any(row.startswith("Companies") for row in rows)


def test_a_sync_of_everything_names_everything():
    line = SYNCED | {"full": dict.fromkeys(("contacts", "companies", "deals"), True)}
    assert "holds all contacts, companies and deals that" in texts.sync(line)


def test_the_sandbox_shows_how_the_official_client_reaches_it():
    said = texts.sandbox(
        {"url": "http://127.0.0.1:1", "token": "t", "portal_id": 1, "goal": "customer"}
    )
    assert "not HubSpot" in said
    assert 'host="http://127.0.0.1:1"' in said


def test_what_is_left_out_for_one_reason_stands_in_one_row():
    left_out = [{"property": name, "why": "it changes"} for name in ("opens", "clicks")]
    said = texts.evaluation(LINE | {"excluded": [*left_out, {"property": "id", "why": "an id"}]})
    assert "Left out      opens, clicks: it changes\n" in said
    assert "Left out      id: an id\n" in said


def test_a_checkup_is_a_row_each_with_a_hint_below_what_is_not_well():
    said = texts.doctor(
        {
            "ok": False,
            "portal_id": None,
            "checks": [
                {"name": "python", "state": "ok", "message": "Python 3.11.", "hint": "unused"},
                {"name": "token", "state": "wrong", "message": "None.", "hint": "Set one."},
                {"name": "portal", "state": "unknown", "message": "Not asked.", "hint": ""},
            ],
        }
    )
    assert said.splitlines() == [
        "ok       python       Python 3.11.",
        "wrong    token        None.",
        "                      → Set one.",
        "unknown  portal       Not asked.",
        "",
        "1 wrong, 1 that could not be looked at.",
    ]


def test_a_long_line_of_a_checkup_is_wrapped_within_a_hundred_columns():
    check = {"name": "x", "state": "warning", "message": "word " * 60, "hint": "hint " * 40}
    said = texts.doctor({"ok": True, "portal_id": 1, "checks": [check]})
    assert max(map(len, said.splitlines())) <= 100
    assert said.endswith("1 to look at.")


def test_a_checkup_without_findings_says_so():
    check = {"name": "x", "state": "ok", "message": "Fine.", "hint": ""}
    assert texts.doctor({"ok": True, "portal_id": 1, "checks": [check]}).endswith("All is well.")


def test_sentences_stand_in_rows_of_their_own_and_names_in_one():
    said = texts.plain({"names": ["a", "b"], "notes": ["One is so.", "Two is not."], "n": 3})
    assert said == "names  a, b\nnotes  One is so.\n       Two is not.\nn      3"
