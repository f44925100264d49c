"""The audit before training: properties that know the outcome, and properties of no use.

The checks work on the data alone. A list of HubSpot's own properties that are written after the
outcome comes on top.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from leadscore.ablation import Ablation, bin_codes
from leadscore.clocks import Clock, clocks
from leadscore.clocktrial import helped, trial
from leadscore.dominating import DOMINATING, DOMINATING_WITH_HISTORY, Dominating, dominating
from leadscore.errors import DataError
from leadscore.features import (
    Selection,
    column_types,
    mismatches,
    prepare,
    prepared_columns,
    select,
)
from leadscore.findings import Finding, findings_frame
from leadscore.giveaways import TOO_GOOD_ALONE, giveaways
from leadscore.knownleaks import known_leaks
from leadscore.lateness import late_findings
from leadscore.shifts import on_both_sides, shifting
from leadscore.snapshotfacts import KEYS
from leadscore.together import Together, together
from leadscore.unusable import unusable

__all__ = ["A_CLOCK", "IDLE_CLOCK", "TOO_GOOD_ALONE", "audit"]

A_CLOCK, IDLE_CLOCK = "a clock", "a clock that did not help"
_HELPS = "It cannot rank the leads of one moment; use it while what it goes with comes again."
_DOES_NOT_HELP = "It cannot rank the leads of one moment; what it went with did not come again."
_FEWEST_CONVERSIONS = 20
_MOST_CONVERTED, _MOST_OTHERS = 2000, 6000
_MOST_ROWS = 20_000


def audit(data: pd.DataFrame) -> pd.DataFrame:
    """Check every property of a training frame for leaks and for use.

    Parameters
    ----------
    data : DataFrame
        A training frame. Rows whose outcome is not known are left out, and so are the columns
        that ``attrs["not_features"]`` names. Where ``attrs["history"]`` is True, values are those
        of the snapshot, and a property needs to be more suspicious to be excluded.

    Returns
    -------
    DataFrame
        One row per finding and one ``ok`` row per property without any: ``property``, ``check``,
        ``evidence``, ``verdict`` (``exclude``, ``advice`` or ``ok``) and ``advice``. `train`
        leaves out what has the verdict ``exclude``, unless told to keep it. Derived columns
        (``attrs["families"]``) stand under their property.

    Raises
    ------
    DataError
        No row has a known outcome, or a column is not of the type that ``attrs`` gives it.

    Examples
    --------
    >>> days = pd.to_datetime(["2026-01-01"] * 200, utc=True)
    >>> data = pd.DataFrame({"contact_id": [str(i) for i in range(200)], "snapshot_at": days,
    ...                      "outcome": [True, False] * 100, "total_revenue": [9.0, 0.0] * 100})
    >>> audit(data)[["property", "check", "verdict"]].values.tolist()[0]
    ['total_revenue', 'written after the outcome', 'exclude']
    """
    known = _known(data)
    history = bool(known.attrs.get("history", False))
    owners = _owners(known)
    properties = sorted(set(owners.values()))
    selection = select(known)
    findings = [*known_leaks(known, properties)]
    timing = known.attrs.get("timing", {})
    findings += late_findings(timing, _left(properties, findings), history=history)
    findings += _new(unusable(known, selection, owners), findings)
    findings += _leaks(known, selection, _without(owners, findings), history=history)
    findings += _in_time(known, selection, _without(owners, findings))
    told = {finding.property for finding in findings}
    findings += [Finding(name, "", "", "ok", "") for name in properties if name not in told]
    return findings_frame(findings)


def _known(data: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with a known outcome, in an order that does not depend on how they came."""
    known = data[data["outcome"].notna()]
    if known.empty:
        raise DataError(
            f"None of the {len(data)} rows has a known outcome.",
            hint="Wait until the first snapshots are older than the horizon, or sync more history.",
        )
    known = known.sort_values(["contact_id", "snapshot_at"], kind="stable", ignore_index=True)
    known.attrs = dict(data.attrs)
    if faults := mismatches(known, column_types(known)):
        raise DataError(
            f"Columns are not what attrs['types'] says: {'; '.join(faults)}.",
            hint="Convert the columns, or correct the types.",
        )
    return known


def _owners(data: pd.DataFrame) -> dict[str, str]:
    """Return the property of each column."""
    families = data.attrs.get("families", {})
    out = {*KEYS, *data.attrs.get("not_features", ())}
    return {n: str(families.get(n, n)) for n in sorted(map(str, data.columns)) if n not in out}


def _excluded(findings: Collection[Finding]) -> set[str]:
    return {finding.property for finding in findings if finding.verdict == "exclude"}


def _left(properties: list[str], findings: Collection[Finding]) -> list[str]:
    return [name for name in properties if name not in _excluded(findings)]


def _new(further: Iterator[Finding], findings: Collection[Finding]) -> list[Finding]:
    """Keep what is about properties that are not excluded yet: one reason is enough."""
    told = _excluded(findings)
    return [finding for finding in further if finding.property not in told]


def _without(owners: dict[str, str], findings: Collection[Finding]) -> dict[str, str]:
    out = _excluded(findings)
    return {column: owner for column, owner in owners.items() if owner not in out}


# --------------------------------------------------------------------------- leaks


@dataclass(frozen=True)
class _Sample:
    """Prepared rows, the property of each column, and the outcome and time of each row."""

    prepared: pd.DataFrame
    properties: list[str]
    outcome: NDArray[np.float64]
    times: pd.Series

    def without(self, out: set[str]) -> _Sample:
        kept = [place for place, name in enumerate(self.properties) if name not in out]
        names = [self.properties[place] for place in kept]
        return replace(self, prepared=self.prepared.iloc[:, kept], properties=names)


def _sample(rows: pd.DataFrame, selection: Selection, owners: dict[str, str]) -> _Sample:
    types = {name: type_ for name, type_ in selection.types.items() if name in owners}
    options = {name: found for name, found in selection.options.items() if name in owners}
    columns = prepared_columns(types, options)
    ahead = bool(rows.attrs.get("history", False))  # dates ahead were known then
    prepared = prepare(rows, types, options=options, ahead=ahead)
    names = [owners[columns[str(name)].property] for name in prepared.columns]
    return _Sample(prepared, names, rows["outcome"].to_numpy("float64"), rows["snapshot_at"])


def _leaks(
    known: pd.DataFrame, selection: Selection, owners: dict[str, str], *, history: bool
) -> list[Finding]:
    sample = _sample(known.iloc[_one_row_each(known)], selection, owners)
    outcome = sample.outcome
    if min(outcome.sum(), (1 - outcome).sum()) < _FEWEST_CONVERSIONS:
        return []
    limit = DOMINATING_WITH_HISTORY if history else DOMINATING
    rate = float(known["outcome"].to_numpy(bool).mean())
    alone = giveaways(sample.prepared, sample.properties, outcome, history=history, rate=rate)
    found = _first_of_each(alone)
    rest = sample.without(_excluded(found))
    # One thread: the order of sums, and so a verdict at its limit, must not depend on the cores.
    with threadpool_limits(1, user_api="blas"):
        if rest.properties:
            ablation = Ablation(bin_codes(rest.prepared, rest.properties), outcome)
            found += [_told(one) for one in dominating(ablation, limit=limit)]
        rest = rest.without(_excluded(found))
        if len(set(rest.properties)) > 1:
            pairs = together(rest.prepared, rest.properties, outcome, limit=limit)
            found += [_told_together(one) for one in pairs]
    return found


def _one_row_each(known: pd.DataFrame) -> NDArray[np.intp]:
    """Draw one row of each contact, and of those at most so many of either outcome.

    Rows of one contact are no independent evidence, and 8,000 contacts are enough to see a leak.
    """
    rng = np.random.default_rng(0)
    drawn = rng.permutation(len(known))
    drawn = drawn[~known["contact_id"].iloc[drawn].duplicated().to_numpy()]
    won = known["outcome"].to_numpy(bool)[drawn]
    return np.sort(np.r_[drawn[won][:_MOST_CONVERTED], drawn[~won][:_MOST_OTHERS]])


def _first_of_each(findings: Iterator[Finding]) -> list[Finding]:
    first: dict[str, Finding] = {}
    for finding in findings:
        first.setdefault(finding.property, finding)
    return list(first.values())


def _told(found: Dominating) -> Finding:
    beside = f" (leaving out {', '.join(found.aside)} too)" if found.aside else ""
    evidence = (
        f"a quick model ranks with a ROC AUC of {found.whole:.3f} and without it of"
        f" {found.without:.3f}{beside}; only this property brings {found.share:.0%} of the skill,"
        f" more than an honest model has in all (ROC AUC {found.limit:.2f}); alone it ranks with"
        f" {found.alone:.3f}"
    )
    advice = "Find out when it is filled; keep it only if that is before the outcome."
    return Finding(found.property, "dominates the model", evidence, "exclude", advice)


def _told_together(found: Together) -> Finding:
    evidence = (
        f"with {found.other} it tells the outcome: a quick model ranks with a ROC AUC of"
        f" {found.whole:.3f} by the two together, and of {found.without:.3f} by each for itself"
    )
    advice = "Find out when both are filled; keep it only if that is before the outcome."
    return Finding(found.property, "tells the outcome with another", evidence, "exclude", advice)


# --------------------------------------------------------------------------- time


def _in_time(known: pd.DataFrame, selection: Selection, owners: dict[str, str]) -> list[Finding]:
    """Give advice on what moves with time."""
    if not known.attrs.get("time_known", True):
        return []
    ordered = known.sort_values(["snapshot_at", "contact_id"], kind="stable", ignore_index=True)
    sample = _sample(_thinned(ordered), selection, owners)
    found = [*clocks(sample.prepared, sample.properties)]
    told = {clock.property for clock in found}
    drift = shifting(sample.prepared, sample.properties, sample.times)
    return [
        *on_both_sides(known),
        *(_clock_findings(found, _tried(known, selection, owners, told)) if found else ()),
        *(finding for finding in drift if finding.property not in told),
    ]


def _tried(
    known: pd.DataFrame, selection: Selection, owners: dict[str, str], told: set[str]
) -> list[tuple[float, float]]:
    """Forecast newer contacts with and without the clocks."""
    sample = _sample(known.iloc[_one_row_each(known)], selection, owners)
    gap = pd.Timedelta(days=known.attrs.get("horizon_days") or 0)
    with threadpool_limits(1, user_api="blas"):
        codes = bin_codes(sample.prepared, sample.properties)
        return trial(codes, sample.outcome, sample.times, clocks=told, gap=gap)


def _thinned(ordered: pd.DataFrame) -> pd.DataFrame:
    """Keep rows at equal distances."""
    if len(ordered) <= _MOST_ROWS:
        return ordered
    places = np.linspace(0, len(ordered) - 1, _MOST_ROWS).astype(np.int64)
    return ordered.iloc[places].reset_index(drop=True)


def _clock_findings(found: list[Clock], tried: list[tuple[float, float]]) -> Iterator[Finding]:
    check, advice = (A_CLOCK, _HELPS) if helped(tried) else (IDLE_CLOCK, _DOES_NOT_HELP)
    figures = ", ".join(f"{with_clocks:.3f} or {without:.3f}" for with_clocks, without in tried)
    forecast = f"; newer rows were forecast with and without such columns: ROC AUC {figures}"
    for clock in found:
        evidence = (
            f"the time of a row alone tells {clock.share:.0%} of it; it crossed its middle"
            f" {clock.turned} times{forecast if tried else ''}"
        )
        yield Finding(clock.property, check, evidence, "advice", advice)
