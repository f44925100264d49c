"""The exact changes to be written: compared with the portal, put in a file, bound by a hash."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from io import BytesIO
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from leadscore.bars import tqdm
from leadscore.errors import PlanError
from leadscore.hubspot.connection import Portal
from leadscore.hubspot.properties import definitions, missing_from
from leadscore.hubspot.reading import chunks, read_values
from leadscore.scoreproperties import REACHED, definitions_of, values_of
from leadscore.store import open_store
from leadscore.workspace import make_private, replace_file

__all__ = ["Plan", "load_plan", "plan"]

VALID_FOR = pd.Timedelta(hours=24)
MOVED = 3.0  # points; less is a day's ageing and is not worth a write
_META = b"leadscore"


@dataclass(frozen=True)
class Plan:
    """The exact changes that an apply will make, no more and no less.

    Made by `plan`, read from its file by `load_plan`.

    Attributes
    ----------
    id : str
    portal_id : int
    model : str
        The model's id.
    created_at, expires_at : str
        ISO 8601, UTC.
    prefix : str
        The properties' names begin with it.
    creates_properties : tuple of str
        Properties that the portal does not have yet.
    signal : bool
        Whether the model has a usable signal.
    contacts : int
        Contacts that were scored; those in `changes` are the ones to be written.
    changes : DataFrame
        One row per contact to be written: ``contact_id``, then ``old.PROPERTY`` and
        ``new.PROPERTY``, strings as HubSpot stores them, missing where there is no value.
    path : Path
        The plan's file.
    sha256 : str
        What binds the changes to the facts above.
    """

    def check(self) -> None:
        """Refuse a plan that is not as it was made.

        Raises
        ------
        PlanError
            It was edited.
        """
        if _digest(_facts(self), self.changes) != self.sha256:
            raise PlanError(
                f"The plan {self.path.name} was edited after it was made.",
                hint="Make a new one with `leadscore plan`, and review that.",
            )

    id: str
    portal_id: int
    model: str
    created_at: str
    expires_at: str
    prefix: str
    creates_properties: tuple[str, ...]
    signal: bool
    contacts: int
    changes: pd.DataFrame = field(repr=False)
    path: Path
    sha256: str = field(default="", repr=False)

    @property
    def workspace(self) -> Path:
        """The workspace that keeps the plan and the record of its run."""
        return self.path.parent.parent

    @property
    def properties(self) -> list[str]:
        """The names of the properties that are written."""
        return [c.removeprefix("new.") for c in self.changes.columns if c.startswith("new.")]

    def side(self, which: str) -> dict[str, dict[str, str]]:
        """Return the old or new values by contact and property, without the missing ones."""
        columns = [f"{which}.{name}" for name in self.properties]
        rows = self.changes[columns].astype(object).where(self.changes[columns].notna(), None)
        return {
            contact: {n: v for n, v in zip(self.properties, row, strict=True) if v is not None}
            for contact, row in zip(
                self.changes["contact_id"], rows.itertuples(index=False), strict=True
            )
        }

    def as_dict(self) -> dict[str, Any]:
        """Return what the command line prints as JSON."""
        return {
            "plan": str(self.path),
            "changes": len(self.changes),
            "creates_properties": list(self.creates_properties),
        }

    def summary(self, *, rows: int = 10) -> pd.DataFrame:
        """Return the first changes as a person reads them: score and tier, old and new.

        Returns
        -------
        DataFrame
            ``contact_id``, ``score``, ``was``, ``tier``, ``was_tier``, ``reasons`` (shortened).
        """
        named = {
            "contact_id": "contact_id",
            f"new.{self.prefix}_score": "score",
            f"old.{self.prefix}_score": "was",
            f"new.{self.prefix}_tier": "tier",
            f"old.{self.prefix}_tier": "was_tier",
            f"new.{self.prefix}_reasons": "reasons",
        }
        first = self.changes[list(named)].rename(columns=named).head(rows).fillna("")
        return first.assign(reasons=first["reasons"].str.slice(0, 100))

    def _repr_html_(self) -> str:
        created = f"; {len(self.creates_properties)} properties to create"
        said = (
            f"Plan {self.id}: {len(self.changes):,} of {self.contacts:,} contacts change in portal "
            f"{self.portal_id}{created if self.creates_properties else ''}. "
            f"It can be applied until {self.expires_at[:16].replace('T', ' ')} UTC."
        )
        table = self.summary().to_html(index=False, border=0)  # pandas escapes
        return f"<p>{escape(said)}</p>{table}"


def plan(portal: Portal, scores: pd.DataFrame, *, progress: bool = True) -> Plan:
    """Compare scores with what the portal has, and write down what would change.

    Reads only. A contact is in the plan when it has no score yet, when its tier changes, or when
    its score has moved by 3 points or more; then all our properties are. One that has reached the
    goal gets that tier once, and only where a score of ours stands. Contacts with a true
    ``held_out`` are left out.

    Parameters
    ----------
    portal : Portal
    scores : DataFrame
        As `score` returns it.
    progress : bool, default True

    Returns
    -------
    Plan

    Raises
    ------
    PlanError
        The portal has a property of our name but another type, or the scores are not to be used.

    Examples
    --------
    See `leadscore.demo`, which plans, applies and verifies.
    """
    workspace = Path(str(scores.attrs["workspace"]))
    if "held_out" in scores:
        scores = scores[~scores["held_out"].astype(bool)]
    portal.require("plan")
    _check_portal(portal, workspace)
    portal.pool.share(workspace)
    prefix = portal.settings.prefix
    now = pd.Timestamp.now("UTC").floor("ms")
    wanted = definitions_of(prefix)
    there = definitions(portal, "contacts")
    missing = [d["name"] for d in missing_from(there, wanted)]
    present = [d["name"] for d in wanted if d["name"] not in missing]
    old = _live(portal, scores["contact_id"], present, progress=progress)
    changes = _changes(scores, old, [d["name"] for d in wanted], prefix, now)
    made = Plan(
        id=uuid.uuid4().hex[:12],
        portal_id=portal.id,
        model=str(scores.attrs["model"]),
        created_at=now.isoformat(),
        expires_at=(now + VALID_FOR).isoformat(),
        prefix=prefix,
        creates_properties=tuple(missing),
        signal=bool(scores.attrs.get("signal")),
        contacts=len(scores),
        changes=changes,
        path=workspace / "plans" / "unsaved",
    )
    return _save(made)


def _check_portal(portal: Portal, workspace: Path) -> None:
    owner = open_store(workspace).ledger.portal_id
    if owner not in (None, portal.id):
        raise PlanError(
            f"The scores are of portal {owner}, and this is portal {portal.id}.",
            hint="Use the other portal's token, or this portal's workspace.",
        )


def _live(
    portal: Portal, contacts: pd.Series, properties: Sequence[str], *, progress: bool
) -> dict[str, dict[str, str]]:
    """Read what the portal has now; nothing to ask where it has none of our properties."""
    if not properties:
        return {}
    found: dict[str, dict[str, str]] = {}
    with tqdm(total=len(contacts), unit="rec", desc="Comparing", disable=not progress) as bar:
        for ids in chunks(contacts):
            found |= read_values(portal, "contacts", ids, properties)
            bar.update(len(ids))
    return found


def _changes(
    scores: pd.DataFrame,
    old: dict[str, dict[str, str]],
    names: Sequence[str],
    prefix: str,
    now: pd.Timestamp,
) -> pd.DataFrame:
    new = values_of(scores, old, prefix=prefix, at=now)
    rows = []
    for contact, values in new.items():
        before = old.get(contact, {})
        if _worth_it(before, values, prefix):
            row: dict[str, str | None] = {"contact_id": contact}
            row |= {f"old.{name}": before.get(name) for name in names}
            row |= {f"new.{name}": values.get(name) for name in names}
            rows.append(row)
    columns = ["contact_id", *(f"old.{n}" for n in names), *(f"new.{n}" for n in names)]
    return pd.DataFrame(rows, columns=columns, dtype="str")


def _worth_it(old: dict[str, str], new: dict[str, str], prefix: str) -> bool:
    score, tier = f"{prefix}_score", f"{prefix}_tier"
    if new[tier] == REACHED:
        return tier in old and old[tier] != REACHED
    if score not in old or old.get(tier) != new[tier]:
        return True
    try:
        return abs(float(old[score]) - float(new[score])) >= MOVED
    except ValueError:
        return True


def _save(made: Plan) -> Plan:
    folder = make_private(made.path.parent)
    facts = _facts(made)
    facts["sha256"] = _digest(facts, made.changes)
    table = pa.Table.from_pandas(made.changes, preserve_index=False)
    table = table.replace_schema_metadata({_META: json.dumps(facts).encode()})
    path = folder / f"plan-{made.id}.parquet"
    buffer = BytesIO()
    pq.write_table(table, buffer, compression="zstd")
    return load_plan(replace_file(path, buffer.getvalue()))


def _facts(made: Plan) -> dict[str, Any]:
    names = ["id", "portal_id", "model", "created_at", "expires_at", "prefix", "signal", "contacts"]
    facts: dict[str, Any] = {name: getattr(made, name) for name in names}
    return facts | {"creates_properties": list(made.creates_properties)}


def _digest(facts: dict[str, Any], changes: pd.DataFrame) -> str:
    rows = changes.astype(object).where(changes.notna(), None).to_numpy().tolist()
    text = json.dumps([facts, list(changes.columns), rows], sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def load_plan(path: str | Path) -> Plan:
    """Read a plan's file, and refuse one that was edited.

    Raises
    ------
    PlanError
        There is no such file, it is no plan, or it is not as it was written.
    """
    where = Path(path).expanduser().resolve()
    if not where.is_file():
        raise PlanError(f"There is no plan at {where}.", hint="Make one with `leadscore plan`.")
    try:
        table = pq.read_table(where)
        facts = json.loads((table.schema.metadata or {})[_META])
        stated = facts.pop("sha256")
    except (pa.ArrowInvalid, OSError, KeyError, ValueError):
        raise PlanError(f"{where} is not a plan.", hint="Make one with `leadscore plan`.") from None
    changes = table.replace_schema_metadata(None).to_pandas().astype("str")
    facts["creates_properties"] = tuple(facts["creates_properties"])
    found = Plan(**facts, changes=changes, path=where, sha256=stated)
    found.check()
    return found
