"""Entry point of the `feast` command: the definitions for the feature store in the directory VITRINE_FEATURES.

Feast collects a module's objects by name, hence the assignments.
"""

import json
import os
from pathlib import Path

from feature_repo.definitions import definitions
from vitrine.features.views import SUMMARY

_root = Path(os.environ["VITRINE_FEATURES"]).resolve()
_summary = json.loads((_root / SUMMARY).read_text(encoding="utf-8"))

(
    query,
    product,
    project,
    query_text,
    product_text,
    product_image,
    product_attributes,
    registration,
    esci_classifier,
) = definitions(_summary["dimension"], _summary["online_store"] == "milvus", _root)
