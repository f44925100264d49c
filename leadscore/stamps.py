"""What goes on record: moments as text, and values as JSON."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from leadscore.errors import StoreError

__all__ = ["now", "to_json"]


def now() -> str:
    """Return the present moment: UTC, ISO 8601, milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def to_json(value: Any) -> str:
    """Return a value as JSON; NaN, infinity and what JSON does not know are refused."""
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False, sort_keys=True)
    except (TypeError, ValueError) as error:
        raise StoreError(f"A value cannot go on record: {error}.") from error
