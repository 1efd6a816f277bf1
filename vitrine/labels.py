"""The four ESCI labels, their class ids and their ranking gains. This is their only definition.

Labels and gains are those of the Shopping Queries Dataset (Reddy et al. 2022, arXiv:2206.06588, section 4): exact 1.0,
substitute 0.1, complement 0.01, irrelevant 0.0. Class ids grow with the gain, so that quadratic kappa reads them as an
ordinal scale.
"""

from typing import Final

LABELS: Final = ("I", "C", "S", "E")
"""Label of each class id: `LABELS[3] == "E"`."""

CLASS_IDS: Final = {label: class_id for class_id, label in enumerate(LABELS)}
"""Class id of each label: I 0, C 1, S 2, E 3."""

GAINS: Final = (0.0, 0.01, 0.1, 1.0)
"""Ranking gain of each class id."""

NAMES: Final = {"E": "exact", "S": "substitute", "C": "complement", "I": "irrelevant"}
