"""The page of one model: what it learnt from, what it weighs, how it was tested."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from leadscore.errors import DataError
from leadscore.htmlpages import write_page
from leadscore.keptmodels import read_card
from leadscore.pageparts import card, facts_table, rows_table, section, table_of
from leadscore.pictures import protocol_words
from leadscore.promotions import live_id, promotions
from leadscore.reportwords import figure_rows, key_figures, shown, verdict
from leadscore.settings import load_settings

if TYPE_CHECKING:
    from leadscore.store import Store

__all__ = ["write_model"]

Card = Mapping[str, Any]


def write_model(store: Store, model: str | None = None, path: str | Path | None = None) -> Path:
    """Write the page of one model, from its card.

    Parameters
    ----------
    store : Store
        The workspace that has the model.
    model : str, optional
        Its id; by default the live one of ``LEADSCORE_PREFIX``.
    path : str or Path, optional
        By default ``reports/model-ID.html`` in the workspace; replaced in one step, mode 0600.

    Returns
    -------
    Path
        A page without scripts that loads nothing: figures as they were recorded, training data,
        properties with their weights, what the audit left out, points of a model made of rules, the
        rows that drift is measured against, promotions, versions.

    Raises
    ------
    DataError
        No model is live, or there is none of that id.
    ModelError
        Its card cannot be read.

    Examples
    --------
    >>> import leadscore as ls, tempfile
    >>> ls.report.write_model(ls.open_store(tempfile.mkdtemp()))
    Traceback (most recent call last):
    ...
    leadscore.errors.DataError: No model is live in this workspace. Train one and promote it, ...
    """
    chosen = model or _live(store)
    known = sorted(p.name for p in (store.workspace / "models").glob("*") if p.is_dir())
    if chosen not in known:
        raise DataError(
            f"This workspace has no model {chosen!r}.",
            hint=f"It has: {', '.join(known) or 'none'}.",
        )
    about = read_card(store.workspace / "models" / chosen)
    context = {
        "title": f"Model {chosen}",
        "made": datetime.now(UTC),
        **_verdict(about),
        "sections": [
            _figures(about),
            _training(about),
            _weights(about),
            _points(about),
            _left_out(about),
            _reference(about),
            _history(store, chosen),
            _facts(about),
        ],
    }
    context["sections"] = [one for one in context["sections"] if one]
    target = store.workspace / "reports" / f"model-{chosen}.html" if path is None else path
    return write_page(target, "page.html.j2", context)


def _live(store: Store) -> str:
    found = live_id(store.ledger, load_settings().prefix)
    if found is None:
        raise DataError(
            "No model is live in this workspace.",
            hint="Train one and promote it, or name one: write_model(store, ID).",
        )
    return found


def _metrics(about: Card) -> pd.DataFrame:
    found = pd.DataFrame(
        about.get("metrics") or [], columns=["metric", "value", "low", "high"]
    ).astype({"value": "float64", "low": "float64", "high": "float64"})
    found.attrs = {"signal": bool(about.get("signal")), "protocol": about.get("protocol")}
    return found


def _verdict(about: Card) -> dict[str, Any]:
    found = _metrics(about)
    if found.empty:
        return {
            "headline": "This model was never evaluated.",
            "sentences": [f"The goal: {about.get('goal_text')}.", "Run ls.evaluate(model, data)."],
            "alarm": True,
            "cards": [],
        }
    told = verdict(found, about.get("goal_text"), written=True)
    sentences = [s for s in told["sentences"] if not s.startswith("They were written")]
    return {
        "headline": told["headline"],
        "sentences": [*sentences, f"{protocol_words(about.get('protocol'))}.".capitalize()],
        "alarm": not told["signal"],
        "cards": [
            card(k.name, k.value, k.meaning, interval=k.interval) for k in key_figures(found)
        ],
    }


def _figures(about: Card) -> dict[str, Any]:
    rows = [
        (one.name, one.value, one.interval or "none", one.meaning)
        for one in figure_rows(_metrics(about))
    ]
    head = ["Figure", "Value", "95 % interval", "What it means"]
    words = "As its evaluation recorded them." if rows else "None were recorded."
    return section("All figures", words, tables=[rows_table(head, rows, numbers=[1, 2])])


def _training(about: Card) -> dict[str, Any]:
    training, again = about.get("training") or {}, about.get("recalibration") or {}
    snapshots = about.get("snapshots") or {}
    told = {
        "Snapshots": training.get("rows"),
        "Contacts": training.get("contacts"),
        "Conversions": training.get("conversions"),
        "Share that converted": _percent(training.get("base_rate")),
        "From (UTC)": str(training.get("from", ""))[:10],
        "Until (UTC)": str(training.get("until", ""))[:10],
        "Taken at": snapshots,
        "Recalibrated on": again.get("rows"),
        "Their share that converted": _percent(again.get("rate")),
    }
    return section("What it learnt from", tables=[facts_table(told)])


def _percent(value: Any) -> str | None:
    return None if value is None else f"{100 * float(value):.2f} %"


def _weights(about: Card) -> dict[str, Any]:
    features = pd.DataFrame(about.get("features") or [])
    if features.empty:
        return {}
    sizes = (about.get("reference") or {}).get("weights") or {}
    own = features["property"] if "property" in features else features["name"]
    features["weight"] = own.map(sizes).astype("float64")
    features = features.reindex(columns=[*features.columns, *({"missing"} - {*features.columns})])
    features["missing"] = pd.to_numeric(features["missing"], errors="coerce")
    features = features.sort_values(["weight", "label"], ascending=[False, True])
    columns = {
        "label": ("Property", "text"),
        "name": ("Column", "text"),
        "group": ("Group", "text"),
        "type": ("Type", "text"),
        "missing": ("Missing", "share"),
        "weight": ("Weight", "number"),
    }
    if features["weight"].isna().all():
        columns.pop("weight")
    features["weight"] = features["weight"].map(lambda size: f"{size:.3f}", na_action="ignore")
    columns |= {"weight": ("Weight", "text")} if "weight" in columns else {}
    table = table_of(features, columns, most=200)
    pairs = [" and ".join(map(str, pair)) for pair in about.get("pairs") or []]
    return section(
        "What it weighs",
        "The weight is the mean size of a property's contribution, up or down, in log-odds, over"
        " the rows that it learnt from; columns of one property share it.",
        f"Pairs that act together: {', '.join(pairs)}." if pairs else "",
        tables=[table],
    )


def _points(about: Card) -> dict[str, Any]:
    rules = about.get("rules")
    if not isinstance(rules, Mapping):
        return {}
    groups = rules.get("groups")
    each = groups.items() if isinstance(groups, Mapping) else enumerate(groups or [])
    rows = [(name, shown(group)) for name, group in each]
    return section("Its points", tables=[rows_table(["Group", "Rules"], rows)])


def _left_out(about: Card) -> dict[str, Any]:
    labels = {f.get("name"): f.get("label") for f in about.get("features") or []}
    tables = []
    for key, heading in (("excluded", "Left out"), ("set_aside", "Set aside as a clock")):
        own = [(labels.get(e["property"], e["property"]), e["why"]) for e in about.get(key) or []]
        tables += [rows_table([heading, "Why"], own)] if own else []
    words = "" if tables else "Nothing was left out."
    return section("What was left out, and why", words, tables=tables)


def _reference(about: Card) -> dict[str, Any]:
    kept = about.get("reference") or {}
    if not kept:
        return section("What drift is measured against", "No reference is on the card.")
    rows = [(name, _bins(one), one.get("rows")) for name, one in sorted(kept["columns"].items())]
    rows.insert(0, ("the probability", _bins(kept["score"]), kept["score"].get("rows")))
    words = f"{kept['rows']:,} snapshots of {kept['contacts']:,} contacts, described by bins."
    table = rows_table(["Column", "Bins", "Rows"], rows, numbers=[2])
    return section("What drift is measured against", words, tables=[table])


def _bins(described: Card) -> str:
    """Return where a column lies: its middle, or its most frequent values."""
    shares = described.get("shares") or []
    missing = f"; missing {100 * shares[-1]:.0f} %" if shares and shares[-1] else ""
    if "edges" in described:
        edges = described["edges"]
        return (
            f"{len(shares) - 1} bins, {shown(edges[0])} to {shown(edges[-1])}{missing}"
            if edges
            else "all missing"
        )
    levels = sorted(zip(shares, described.get("levels") or [], strict=False), reverse=True)
    first = [f"{level} {100 * share:.0f} %" for share, level in levels[:4]]
    return f"{', '.join(first) or 'few values'}{missing}"


def _history(store: Store, model: str) -> dict[str, Any]:
    found = promotions(store.ledger)
    own = found[found["model"] == model]
    live = live_id(store.ledger, load_settings().prefix) == model
    columns = {"promoted_at": ("When (UTC)", "text"), "prefix": ("Prefix", "text")}
    columns |= {"why": ("Why", "text")}
    words = "It is live: its scores are written." if live else "It is not live."
    return section("Promotions", words, tables=[table_of(own, columns)])


def _facts(about: Card) -> dict[str, Any]:
    told = {
        "Id": about.get("id"),
        "Made (UTC)": about.get("created"),
        "Goal": about.get("goal_text"),
        "Horizon in days": about.get("horizon_days"),
        "Kind": about.get("kind"),
        "Recipe": about.get("recipe"),
        "Protocol": about.get("protocol"),
        "Version of the stored contacts": about.get("store_version"),
        "Versions": about.get("versions"),
    }
    return section("About this model", tables=[facts_table(told)])
