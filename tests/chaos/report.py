"""One line for each scenario, the story of what was lost, and all counts as JSON."""
from __future__ import annotations

from typing import Any

from .trials import Footing, Trial

_EXAMPLES = 5


def line(trial: Trial) -> str:
    verdict = trial.verdict
    figures = [
        f"{verdict.requests} requests", f"{len(verdict.lost)} lost", f"{len(verdict.twice)} twice",
        *([f"{len(verdict.not_executed)} answered but not executed"] if verdict.not_executed else []),
        *([f"{len(verdict.cut)} cut by a kill"] if verdict.cut else []),
        *([f"{len(verdict.on_threshold)} on the threshold of the app at a kill"] if verdict.on_threshold else []),
        *(f"{count} {what}" for what, count in trial.counts.items()),
        f"longest delay {verdict.delay:.2f} s",
    ]
    return f"{'ok' if passed(trial) else 'FAILED'} {trial.name}: {', '.join(figures)}{''.join(f'; {fault}' for fault in trial.faults)}"


def passed(trial: Trial) -> bool:
    return trial.verdict.requests > 0 and trial.verdict.is_clean and not trial.faults


def story(trial: Trial) -> list[str]:
    """Why requests were lost, with a few examples of each reason; and which ids were executed twice."""
    lines = []
    for reason, count in trial.verdict.reasons.most_common():
        lost = [outcome for outcome in trial.verdict.lost if outcome.result == reason]
        unbegun = sum(outcome.subject not in trial.app.begun for outcome in lost)
        lines.append(f"  {count} lost: {reason} ({unbegun} never begun)")
        for outcome in lost[:_EXAMPLES]:
            state = "ended" if outcome.subject in trial.app.ended else "begun" if outcome.subject in trial.app.begun else "never begun"
            lines.append(f"    {outcome.subject} ({outcome.kind}, {state}): ended after {outcome.seconds:.3f} s, {trial.last_event(outcome.ended)}")
    for subject in trial.verdict.twice[:_EXAMPLES]:
        lines.append(f"  {subject} was executed by {', '.join(map(str, trial.app.begun[subject]))}")
    for subject in trial.verdict.not_executed[:_EXAMPLES]:
        lines.append(f"  {subject} was answered, and never executed")
    return lines


def counts(trial: Trial) -> dict[str, Any]:
    verdict = trial.verdict
    return {
        "server": trial.server_type.name, "seconds": trial.scale.seconds, "passed": passed(trial), "requests": verdict.requests,
        "lost": len(verdict.lost), "reasons": dict(verdict.reasons), "twice": len(verdict.twice), "not_executed": len(verdict.not_executed),
        "cut_by_a_kill": len(verdict.cut), "on_threshold": len(verdict.on_threshold), "longest_delay_seconds": round(verdict.delay, 3), "reopened": trial.crowd.reopened,
        "disturbances": dict(trial.counts), "faults": trial.faults,
        "before": _footing(trial.before), "after": _footing(trial.after),
    }


def _footing(footing: Footing | None) -> dict[str, int] | None:
    return None if footing is None else {"descriptors": footing.descriptors.total(), "processes": footing.processes}
