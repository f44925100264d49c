"""Submissions on record: what was sent of which row, known again by a keyed digest.

A submission cannot be looked up, taken back, or sent twice without harm. So each row is on record
before it is sent, and what became of it after. The ledger has of a row its number and a digest
under a key that never leaves the workspace: nothing that is in the row can be read from it.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from leadscore.ledger import Ledger

__all__ = ["ACTION", "KIND", "digests", "sent_before"]

KIND = "submit"
ACTION = "submission"
_KEY = "key of submissions"
_PIECE = 5_000
_BEFORE = """
SELECT journal.object_id, journal.state, journal.run FROM runs JOIN journal
ON journal.run = runs.run AND journal.action = ? AND journal.object_id IN ({marks})
WHERE runs.kind = ? AND (journal.state IS NULL OR journal.state = 'written')
ORDER BY journal.state NULLS FIRST
"""


def digests(ledger: Ledger, form: str, rows: Iterable[str]) -> list[str]:
    """Return what each row is known by: the same row of the same form always by the same.

    Parameters
    ----------
    ledger : Ledger
        Keeps the key.
    form : str
        Its id.
    rows : iterable of str
        What is a row's own.

    Returns
    -------
    list of str
        32 hexadecimal digits each.
    """
    key = ledger.checkpoint(_KEY)
    if key is None:
        ledger.set_checkpoint(_KEY, secrets.token_hex(32))
        key = ledger.checkpoint(_KEY)
    secret = bytes.fromhex(str(key))
    return [
        hmac.new(secret, f"{form}\n{row}".encode(), hashlib.sha256).hexdigest()[:32] for row in rows
    ]


def sent_before(ledger: Ledger, rows: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Return of the rows that were sent before "written" or "" (nobody knows), and the run."""
    found: dict[str, tuple[str, str]] = {}
    for start in range(0, len(rows), _PIECE):
        piece = rows[start : start + _PIECE]
        sql = _BEFORE.format(marks=", ".join("?" * len(piece)))
        for row, state, run in ledger.query(sql, ACTION, *piece, KIND):
            found[str(row)] = (str(state or ""), str(run))
    return found
