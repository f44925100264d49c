"""The main job on one machine: a sandbox portal, from the first read to the last read-back."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from leadscore.bars import tqdm
from leadscore.baselines import compare_baselines
from leadscore.demofolder import emptied, folder_for, mark
from leadscore.errors import DataError, GuardError, SandboxError, UsageError
from leadscore.evaluation import backtest, evaluate
from leadscore.goals import parse_goal
from leadscore.hubspot.connection import Portal, connect
from leadscore.hubspot.properties import definitions
from leadscore.metrics import roc_auc
from leadscore.model import LeadModel
from leadscore.planning import plan
from leadscore.pointtables import from_model
from leadscore.registry import goal_of, promote, register
from leadscore.ruleset import Rules
from leadscore.runrecords import Run
from leadscore.sandbox import Sandbox, open_sandbox
from leadscore.sandbox.world import simulate
from leadscore.scorereport import write_report
from leadscore.scores import score
from leadscore.snapshots import scoring_frame, training_set
from leadscore.steps import among, evaluation_line, property_names
from leadscore.store import Store, open_store
from leadscore.syncing import sync
from leadscore.training import train
from leadscore.writeback import apply

__all__ = ["Leads", "run_demo"]

_BLIND = "cross_validation"
_OPTIMISTIC = (
    "No time is known for these leads, so the figures come from cross-validation: they are "
    "optimistic, because each fold also learns from leads that came later."
)
_THROWN_AWAY = "the demo's portal is on this machine, and is thrown away"
_PASSED_OVER = {
    "no_signal": "the demo was told to write (--force)",
    "constant_scores": _THROWN_AWAY,
    "write_cap": _THROWN_AWAY,
}
_MOST_CELLS = 1_000_000  # of data on which the loss of a points table is measured: some seconds


@dataclass(frozen=True)
class Leads:
    """Where the demo's leads come from: the simulated world, or a table.

    Parameters
    ----------
    contacts, seed : int
        Size and seed of the simulated world; not used with a table.
    csv : path, optional
        A table of leads.
    outcome, positive : str, optional
        The table's outcome column, and the value that means success.
    date : str, optional
        The column that tells when. It is no feature.
    order : bool
        Rows are in time order.
    id : str, optional
        The column that names a lead. It is no feature.
    """

    contacts: int = 5000
    seed: int = 0
    csv: Path | str | None = None
    outcome: str | None = None
    positive: str | None = None
    date: str | None = None
    order: bool = False
    id: str | None = None

    def options(self, *, now: pd.Timestamp | None = None) -> dict[str, Any]:
        """Return what `open_sandbox` takes."""
        if self.csv is None:
            self._refuse_table_options()
            return {"contacts": self.contacts, "seed": self.seed, "now": now}
        if self.outcome is None:
            raise UsageError(
                "A table of leads needs its outcome column.", hint="Name it with --outcome."
            )
        names = ("csv", "outcome", "positive", "date", "order", "id")
        return {name: getattr(self, name) for name in names}

    @property
    def who(self) -> str:
        """Whom to score: the open contacts of a portal, or every row of a table."""
        return "all" if self.csv else "open"

    @property
    def not_features(self) -> list[str]:
        """The columns that tell when or who, and not what kind."""
        return [name for name in (self.date, self.id) if name]

    def _refuse_table_options(self) -> None:
        given = [n for n in ("outcome", "positive", "date", "order", "id") if getattr(self, n)]
        if given:
            raise UsageError(
                f"--{given[0]} is about a table, and there is none.", hint="Name it with --csv."
            )


@dataclass
class Stages:
    """Where the time goes, and which stage it is, said on stderr."""

    aloud: bool = False
    seconds: dict[str, float] = field(default_factory=dict)

    def say(self, text: str) -> None:
        """Tell a person who watches."""
        if self.aloud:
            tqdm.write(text, file=sys.stderr)

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        """Time a block under a name."""
        self.say(f"{name} …")
        began = time.perf_counter()
        yield
        self.seconds[name] = round(time.perf_counter() - began, 2)


def run_demo(
    leads: Leads | None = None,
    *,
    workspace: str | Path | None = None,
    drop: Sequence[str] = (),
    keep: Sequence[str] = (),
    capacity: int | None = None,
    force: bool = False,
    progress: bool = True,
) -> dict[str, Any]:
    """Run the main job against a sandbox portal, and write a report.

    Parameters
    ----------
    leads : Leads, optional
        The simulated world of 5,000 contacts unless given.
    workspace : path, optional
        ``demo`` in the configured workspace unless given. What an earlier demo left there is
        replaced; a folder that holds anything else is refused.
    drop, keep : sequence of str
        Properties to leave out, or to use although the audit would leave them out.
    capacity : int, optional
        How many leads sales can work on a week.
    force : bool, default False
        Write even where there is no usable signal.
    progress : bool, default True

    Returns
    -------
    dict
        Counts, figures with intervals, seconds by stage, and the report's path.

    Examples
    --------
    It takes a minute or two.

    >>> import tempfile
    >>> line = run_demo(
    ...     Leads(contacts=900), workspace=tempfile.mkdtemp(), progress=False
    ... )  # doctest: +SKIP
    >>> line["written"] == line["verified"]  # doctest: +SKIP
    True
    """
    leads, stages = leads or Leads(), Stages(progress)
    now = pd.Timestamp.now("UTC").floor("s")
    options = leads.options(now=now)
    folder = folder_for(workspace)
    with stages("sandbox"):
        sandbox = open_sandbox(**options, tier="professional", api_addon=True)
    with sandbox, connect(sandbox) as portal:
        known = definitions(portal, "contacts")
        out = property_names(known, [*drop, *leads.not_features])
        kept = property_names(known, keep)
        store = open_store(emptied(folder))
        mark(folder)
        for note in _renamed(sandbox):
            stages.say(note)
        job = _Job(leads, sandbox, portal, store, stages, progress)
        return job.run(drop=out, keep=kept, capacity=capacity, force=force, now=now)


@dataclass(frozen=True)
class _Learned:
    data: pd.DataFrame
    model: LeadModel
    predictions: pd.DataFrame
    evaluation: pd.DataFrame
    baselines: pd.DataFrame
    points: Rules | None
    live: str  # whether it is the live model, and why


@dataclass(frozen=True)
class _Job:
    leads: Leads
    sandbox: Sandbox
    portal: Portal
    store: Store
    stages: Stages
    progress: bool

    def run(
        self,
        *,
        drop: Sequence[str],
        keep: Sequence[str],
        capacity: int | None,
        force: bool,
        now: pd.Timestamp,
    ) -> dict[str, Any]:
        self._sync()
        learned = self._learn(drop, keep)
        scores = self._score(learned.model, capacity)
        signal = bool(learned.evaluation.attrs["signal"])
        run = self._write(scores) if signal or force else None
        line = evaluation_line(learned.model, learned.data, learned.evaluation)
        line |= self._oracle(learned.predictions, now=now) | _written(run)
        line["excluded"] = [self._in_own_words(entry) for entry in line["excluded"]]
        report = self._report(learned, scores, run, line)
        return line | {"seconds": self.stages.seconds, "report": str(report)}

    def _sync(self) -> None:
        with self.stages("sync"):
            history = () if self.leads.csv else None  # a table has none
            done = sync(self.portal, self.store, history=history, progress=self.progress)
        if not done.complete:
            raise SandboxError(
                f"Only {done.contacts} contacts could be read.", hint="Run the demo again."
            )

    def _learn(self, drop: Sequence[str], keep: Sequence[str]) -> _Learned:
        with self.stages("training set"):
            data = training_set(self.store, parse_goal(self.sandbox.goal))
        with self.stages("train"):
            model = train(data, drop=among(data, drop), keep=among(data, keep))
        with self.stages("evaluate"):
            predictions = backtest(model, data)
            evaluation = evaluate(model, data, predictions=predictions)
        with self.stages("compare"):
            baselines = compare_baselines(model, data, predictions=predictions)
        with self.stages("points table"):
            points = _points(model, data)
        with self.stages("register"):
            live = self._register(model, data)
        return _Learned(data, model, predictions, evaluation, baselines, points, live)

    def _register(self, model: LeadModel, data: pd.DataFrame) -> str:
        """Keep the model; one that is no better than chance is kept, and is not the live one."""
        register(self.store, model, data=data)
        try:
            asked = promote(self.store, model.id, data=data)
        except GuardError as error:
            return f"no: {error}"
        return f"yes: {asked.attrs['why']}"

    def _score(self, model: LeadModel, capacity: int | None) -> pd.DataFrame:
        with self.stages("score"):
            return score(model, self.store, capacity=capacity, who=self.leads.who)

    def _write(self, scores: pd.DataFrame) -> Run:
        with self.stages("plan"):
            made = plan(self.portal, scores, override=_PASSED_OVER, progress=self.progress)
        with self.stages("apply and verify"):
            return apply(self.portal, made, override=_PASSED_OVER, progress=self.progress)

    def _oracle(self, predictions: pd.DataFrame, *, now: pd.Timestamp) -> dict[str, float]:
        """Say how well the simulated world itself would rank the test rows."""
        if self.leads.csv:
            return {}
        world = simulate(contacts=self.leads.contacts, seed=self.leads.seed, now=now)
        who, when = (predictions[name].tolist() for name in ("contact_id", "snapshot_at"))
        truth = world.oracle(who, when).to_numpy()
        happened = predictions["outcome"].to_numpy(dtype=float)
        return {"oracle_roc_auc": round(float(roc_auc(happened, truth)), 4)}

    def _report(
        self, learned: _Learned, scores: pd.DataFrame, run: Run | None, line: dict[str, Any]
    ) -> Path:
        with self.stages("report"):
            return write_report(
                self.store.workspace / "report.html",
                title="Lead scores",
                evaluation=learned.evaluation,
                predictions=learned.predictions,
                contributions=self._contributions(learned.model),
                scores=scores,
                facts=self._facts(learned, line),
                notes=self._notes(learned.data, line),
                excluded=line["excluded"],
                set_aside=learned.model.card["set_aside"],
                pairs=list(_pair_labels(learned.model).values()),
                baselines=learned.baselines,
                points=learned.points,
                data=learned.data,
                stages=self.stages.seconds,
                writeback=_accounts(run),
            )

    def _contributions(self, model: LeadModel) -> pd.DataFrame:
        """Take the scores apart, their values told as those that the model learnt from."""
        frame = scoring_frame(
            self.store, goal_of(model), who=self.leads.who, history=bool(model.card["history"])
        )
        return model.contributions(frame.set_index("contact_id", drop=False))

    def _facts(self, learned: _Learned, line: dict[str, Any]) -> dict[str, Any]:
        data = learned.data
        unknown = int(data["outcome"].isna().sum())
        where = Path(self.leads.csv).name if self.leads.csv else "a simulated market"
        return {
            "goal": data.attrs["goal_text"],
            "labels": data.attrs["labels"] | self.sandbox.columns | _pair_labels(learned.model),
            "leads": f"{line['contacts']:,} from {where}",
            "converted": f"{line['converted']:,}",
            "outcome not known yet": f"{unknown:,}",
            "portal": f"{self.sandbox.portal_id}, a sandbox on this machine, not HubSpot",
            "model": line["model"],
            "live in this workspace": learned.live,
            "columns used": line["features_used"],
        }

    def _notes(self, data: pd.DataFrame, line: dict[str, Any]) -> list[str]:
        notes = [*data.attrs["notes"], *([_OPTIMISTIC] if line["protocol"] == _BLIND else [])]
        if "oracle_roc_auc" in line:
            notes.append(
                f"The simulated world knows each contact's true chance. Ranked by that, the test "
                f"rows reach a ROC AUC of {line['oracle_roc_auc']:.3f}: no model can do better."
            )
        return [*notes, *_renamed(self.sandbox)]

    def _in_own_words(self, excluded: dict[str, str]) -> dict[str, str]:
        name = self.sandbox.columns.get(excluded["property"], excluded["property"])
        why = {self.leads.date: "it tells when the lead came", self.leads.id: "it names the lead"}
        return {"property": name, "why": why.get(name, excluded["why"])}


def _pair_labels(model: LeadModel) -> dict[str, str]:
    return {n: term.label for n, term in model.terms.items() if len(term.properties) > 1}


def _points(model: LeadModel, data: pd.DataFrame) -> Rules | None:
    """Turn the model into points, and measure the loss where that takes seconds, not minutes."""
    cells = int(data["outcome"].notna().sum()) * len(model.features)
    try:
        return from_model(model, data, test=cells <= _MOST_CELLS)
    except DataError:  # it says the same of everybody, or nothing of it fits few levels
        return None


def _renamed(sandbox: Sandbox) -> list[str]:
    """Say which columns got another name as HubSpot properties."""
    pairs = [f"{column} as {name}" for name, column in sandbox.columns.items() if name != column]
    said = f"Columns that had to be renamed to be HubSpot properties: {', '.join(pairs)}."
    return [said] if pairs else []


def _accounts(run: Run | None) -> dict[str, Any] | None:
    if run is None:
        return None
    return {
        "run": run.id,
        "changes": sum(run.counts.values()),
        **run.counts,
        "verified": run.verified,
    }


def _written(run: Run | None) -> dict[str, int]:
    if run is None:
        return {"written": 0, "verified": 0, "rejected": 0}
    counts = run.counts
    written = counts["written"] + counts["resolved"]
    return {"written": written, "verified": run.verified, "rejected": counts["rejected"]}
