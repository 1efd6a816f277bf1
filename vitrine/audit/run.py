"""An audit: the sections of the named suites, with the thresholds that they miss."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from vitrine import progress
from vitrine.audit import refusals
from vitrine.audit.data import AuditData
from vitrine.audit.exposure import suite as exposure
from vitrine.audit.gate import missed, with_thresholds
from vitrine.audit.groups import suite as groups
from vitrine.audit.labels import suite as labels
from vitrine.audit.pictures import suite as pictures
from vitrine.audit.robustness import suite as robustness
from vitrine.audit.section import Section
from vitrine.audit.settings import AuditSettings
from vitrine.audit.space import suite as space
from vitrine.audit.target import Target

Suite = Callable[[Target, AuditData, AuditSettings], Section]

_SUITES: Final[Mapping[str, Suite]] = {
    "robustness": robustness.audit,
    "refusals": refusals.audit,
    "pictures": pictures.audit,
    "groups": groups.audit,
    "exposure": exposure.audit,
    "labels": labels.audit,
    "space": space.audit,
}
"""The function of each suite of `vitrine.audit.settings.SUITES`."""


@dataclass(frozen=True)
class Audit:
    """The result of an audit.

    Attributes:
        target: The name of the engine.
        settings: The settings that it was audited with.
        sections: The findings of each suite.
        missed: A sentence for each threshold that is missed.
    """

    target: str
    settings: AuditSettings
    sections: tuple[Section, ...]
    missed: tuple[str, ...]


def run_audit(target: Target, data: AuditData, settings: AuditSettings, suites: Sequence[str] = ()) -> Audit:
    """Run `suites`, by default those of the settings, and compare their figures with the gate.

    Raises:
        NetworkError: The engine cannot be reached.
        DataError: The model fails.
    """
    sections = []
    for name in suites or settings.suites:
        progress.note(f"suite {name}")
        sections.append(_SUITES[name](target, data, settings))
    gate = {key: bound for key, bound in settings.gate.items() if key.partition(".")[0] in (suites or settings.suites)}
    judged = with_thresholds(sections, gate)
    return Audit(target.name, settings, tuple(judged), tuple(missed(judged, gate)))
