from __future__ import annotations

import pytest

from leadscore.errors import UsageError
from leadscore.recordmisfits import Misfits


def test_all_that_does_not_fit_is_one_error_with_the_first_ten_rows():
    found = Misfits()
    found.refuse()
    for row in reversed(range(12)):
        found.add(row, f"Row {row}: no.")
    with pytest.raises(UsageError, match=r"12 values do not fit, the first 10: Row 0: no\. Row 1"):
        found.refuse()
    with pytest.raises(UsageError) as caught:
        found.refuse()
    assert "Row 9" in str(caught.value)
    assert "Row 10" not in str(caught.value)
