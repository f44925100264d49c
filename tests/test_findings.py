from leadscore.findings import Finding, findings_frame


def test_findings_are_one_row_each_in_the_order_they_came():
    found = findings_frame(
        [
            Finding("b", "constant", "same", "advice", "none"),
            Finding("a", "", "", "ok", ""),
        ]
    )
    assert list(found.columns) == ["property", "check", "evidence", "verdict", "advice"]
    assert found["property"].tolist() == ["b", "a"]


def test_no_findings_are_an_empty_table_with_the_same_columns():
    assert list(findings_frame([]).columns) == list(Finding._fields)
