"""The blessings of search models that were rolled back."""

from pathlib import Path
from typing import Final

from pipelines.metadata.values import open_store

BLESSED: Final = "blessed"
VERSION: Final = "version"
WITHDRAWN: Final = "withdrawn"
"""The property of a blessing that was withdrawn, with the reason."""


def withdraw_blessing(metadata: Path, version: int, reason: str) -> None:
    """Withdraw the blessing of a pushed version, so that no later run compares with it or takes its models."""
    store = open_store(metadata, writable=True)
    blessings = [
        artifact
        for artifact in store.get_artifacts_by_type("ModelBlessing")
        if artifact.custom_properties[VERSION].string_value == str(version)
        and artifact.custom_properties[BLESSED].int_value == 1
    ]
    for blessing in blessings:
        blessing.custom_properties[BLESSED].int_value = 0
        blessing.custom_properties[WITHDRAWN].string_value = reason
    if blessings:
        store.put_artifacts(blessings)
