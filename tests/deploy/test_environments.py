"""The two locked environments: PyTorch is only in the reference's, and TensorFlow only in the other."""

import re

import pytest

from tests.deploy.dockerfile import ROOT

PYTORCH = {"torch", "torchvision", "triton", "transformers", "sentence-transformers", "open-clip-torch"}
TENSORFLOW = {"tensorflow", "tensorflow-text", "keras", "keras-hub", "tfx"}


def installed(lock: str) -> dict[str, str]:
    """Return the versions of a lock on all platforms, by name."""
    lines = re.findall(r"^([\w.-]+)==([^ ;\\\n]+) ?(?:; (.*?))? *\\?$", (ROOT / lock).read_text(), re.MULTILINE)
    return {name: version for name, version, marker in lines if "sys_platform == 'never'" not in marker}


MAIN, REFERENCE = installed("requirements.lock"), installed("deploy/local/reference.lock")


@pytest.mark.parametrize(
    ("lock", "held", "others"),
    [(MAIN, TENSORFLOW, PYTORCH), (REFERENCE, PYTORCH - {"triton"}, TENSORFLOW | {"triton"})],
    ids=["requirements", "reference"],
)
def test_no_environment_holds_tensorflow_beside_pytorch_or_triton(
    lock: dict[str, str], held: set[str], others: set[str]
) -> None:
    assert held <= lock.keys()
    assert not others & lock.keys()


def test_packages_of_both_are_of_one_version() -> None:
    shared = MAIN.keys() & REFERENCE.keys()
    assert {"numpy", "pillow", "safetensors", "tokenizers"} <= shared
    assert {name: MAIN[name] for name in shared} == {name: REFERENCE[name] for name in shared}
