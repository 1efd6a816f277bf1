import subprocess
import sys

import pytest
from pydantic import ValidationError

from vitrine.classifier.settings import ClassifierSettings


def test_unknown_keys_are_refused() -> None:
    with pytest.raises(ValidationError, match="epoch\n"):
        ClassifierSettings.model_validate({"epoch": 3})


@pytest.mark.parametrize("field", ["epochs", "batch_size", "learning_rate", "validation_share"])
def test_values_that_make_no_sense_are_refused(field: str) -> None:
    with pytest.raises(ValidationError, match=field):
        ClassifierSettings.model_validate({field: 0})


def test_settings_survive_json() -> None:
    settings = ClassifierSettings(loss="focal", lineage={"run": "7"})
    assert ClassifierSettings.model_validate_json(settings.model_dump_json()) == settings


def test_every_field_is_documented() -> None:
    undocumented = {name for name, field in ClassifierSettings.model_fields.items() if not field.description}
    assert undocumented == {"tracking"}


def test_reading_settings_imports_nothing_heavy() -> None:
    program = (
        "import sys, vitrine.classifier.settings; print(sorted({'tensorflow', 'keras', 'mlflow'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "[]\n"
