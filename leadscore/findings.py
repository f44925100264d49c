"""One row of the audit."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import pandas as pd

__all__ = ["Finding", "findings_frame"]


class Finding(NamedTuple):
    """What one check found about one property.

    ``verdict`` is ``exclude`` (training leaves the property out), ``advice`` or ``ok``.
    """

    property: str
    check: str
    evidence: str
    verdict: str
    advice: str


def findings_frame(findings: Iterable[Finding]) -> pd.DataFrame:
    """Return findings as a table, one row each.

    Examples
    --------
    >>> findings_frame([Finding("visits", "", "", "ok", "")])["verdict"].tolist()
    ['ok']
    """
    return pd.DataFrame(list(findings), columns=list(Finding._fields), dtype="str")
