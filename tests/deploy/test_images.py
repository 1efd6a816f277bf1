import ast
import os
import re
import shutil
import subprocess
import sys
from importlib.metadata import distribution, packages_distributions
from pathlib import Path

import httpx
import pytest

from tests.deploy.conftest import GATEWAY, UPDATE_KEY, Container
from tests.deploy.distributions import closure, lock_versions
from tests.deploy.dockerfile import ROOT, arguments, instructions
from tests.waiting import HANG_SECONDS

PIPELINE = ROOT / "deploy" / "images" / "pipeline.Dockerfile"
FILES = [PIPELINE, GATEWAY]
FLINK = ROOT / "deploy" / "images" / "flink.Dockerfile"
LOCK = lock_versions((ROOT / "requirements.lock").read_text())
OURS = {"cli", "pipelines", "components", "modules", "feature_repo", "vitrine"}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_copied_files_are_in_the_build_context(file: Path, context: Path) -> None:
    for instruction in instructions(file):
        if instruction.name == "COPY" and "--from" not in instruction.text:
            for source in instruction.text.split()[:-1]:
                assert (context / source).exists(), instruction.text


def test_nothing_else_is_sent(context: Path) -> None:
    assert not any(
        (context / name).exists() for name in ("runs", "data", ".git", "tests", "web/node_modules", "web/dist")
    )
    assert sum(file.stat().st_size for file in context.rglob("*") if file.is_file()) < 10 * 2**20


@pytest.mark.parametrize("file", [*FILES, FLINK], ids=lambda file: file.stem)
def test_base_images_have_exact_tags_and_can_be_given(file: Path) -> None:
    stages = {instruction.stage for instruction in instructions(file)}
    for instruction in instructions(file):
        if instruction.name == "FROM":
            image = instruction.text.split()[0]
            assert image in stages or re.fullmatch(r"\$\{\w+_IMAGE\}", image), instruction.text
    for image in arguments(file).values():
        assert re.fullmatch(r"[\w./-]+:\d+\.\d+\.\d+(-[\w.-]+)?", image), image


def test_beam_workers_have_the_version_of_the_lock() -> None:
    assert arguments(PIPELINE)["BEAM_IMAGE"].rpartition(":")[2] == LOCK["apache-beam"]


def test_flink_has_one_version() -> None:
    version = arguments(FLINK)["FLINK_IMAGE"].partition(":")[2].partition("-")[0]
    assert f"apache-flink-libraries=={version}" in (ROOT / "deploy/flink/flink.lock").read_text()
    runner = f"beam-runners-flink-{version.rpartition('.')[0]}"
    assert f"<artifactId>{runner}</artifactId>" in (ROOT / "deploy/flink/pom.xml").read_text()


@pytest.mark.parametrize(("file", "stage"), [(PIPELINE, "pipeline"), (PIPELINE, "worker"), (GATEWAY, "gateway")])
def test_the_user_is_not_root(file: Path, stage: str) -> None:
    users = [
        instruction.text
        for instruction in instructions(file)
        if instruction.name == "USER" and instruction.stage == stage
    ]
    # A number: Kubernetes' runAsNonRoot cannot look names up.
    assert users == ["10001"]
    assert "useradd --uid 10001" in file.read_text()


def test_the_last_stages_have_no_build_tools() -> None:
    for file, stages in ((PIPELINE, {"base", "pipeline", "worker"}), (GATEWAY, {"gateway"})):
        runs = [
            instruction.text
            for instruction in instructions(file)
            if instruction.stage in stages and instruction.name == "RUN"
        ]
        assert not [text for text in runs if re.search(r"apt-get|pip|npm|install\.sh", text)]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_hadolint_finds_nothing(file: Path) -> None:
    where = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    hadolint = shutil.which("hadolint", path=where)
    if hadolint is None:
        pytest.skip("hadolint has no build for this platform")
    done = subprocess.run([hadolint, str(file)], capture_output=True, text=True, timeout=HANG_SECONDS, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_pipeline_image_has_all_that_the_code_imports() -> None:
    run = next(instruction.text for instruction in instructions(PIPELINE) if "install.sh" in instruction.text)
    extras = re.findall(r"--extra (\w+)", run)
    installed = closure([f"vitrine-search[{','.join(extras)}]"])
    providers = packages_distributions()
    missing = {
        f"{file.relative_to(ROOT)}: {name}"
        for package in OURS
        for file in (ROOT / package).rglob("*.py")
        for name in imported(file)
        if not {provider.lower().replace("_", "-").replace(".", "-") for provider in providers.get(name, [])}
        & installed
    }
    assert missing == set()


def imported(file: Path) -> set[str]:
    """Return the third-party packages that a module imports, also inside functions."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
    return {name.partition(".")[0] for name in names} - OURS - sys.stdlib_module_names


def test_the_pipeline_image_has_what_kubeflow_starts() -> None:
    assert any(
        str(file).endswith("v2/container/kubeflow_v2_run_executor.py") for file in distribution("tfx").files or []
    )


def test_all_of_vitrine_is_installed(vitrine_built: Path) -> None:
    for package in OURS:
        for file in (ROOT / package).rglob("*.py"):
            assert (vitrine_built / file.relative_to(ROOT)).is_file(), file
    assert list((vitrine_built / "modules" / "schemas").iterdir())


def test_uv_refuses_what_is_not_in_the_lock_that_it_is_given_as_constraints(tmp_path: Path) -> None:
    uv = Path(sys.executable).with_name("uv")
    (tmp_path / "requirements.lock").write_text("click==8.0.0 \\\n    --hash=sha256:" + "0" * 64 + "\n")
    (tmp_path / "wanted.txt").write_text("tenacity==8.5.0\n")
    command = [uv, "pip", "install", "--offline", "--dry-run", "--require-hashes", "-r", "wanted.txt"]
    done = subprocess.run(
        [*command, "--constraint", "requirements.lock", "--python", sys.executable, "--target", "there"],
        cwd=tmp_path, capture_output=True, text=True, timeout=HANG_SECONDS, check=False,
    )  # fmt: skip
    assert "must have a hash" in done.stderr


def test_the_gateway_image_answers_with_its_own_packages_only(gateway: Container) -> None:
    answer = httpx.post(f"{gateway.url}/predict", json={"query": "red mug", "k": 2}, timeout=HANG_SECONDS)
    assert answer.status_code == 200, answer.text
    assert answer.json()["results"][0]["product_id"] == "red-mug"
    assert "The page" in httpx.get(f"{gateway.url}/", timeout=HANG_SECONDS).text
    log = gateway.log.read_text()
    assert "No module named" not in log
    assert "Traceback" not in log


def test_the_gateway_image_answers_all_that_a_gateway_does(gateway: Container) -> None:
    rules = {"rules": [{"name": "first", "when": {"query": "mug"}, "pin": ["blue-mug"]}], "query": "mug"}
    asked: list[tuple[str, str, object]] = [
        ("POST", "/search_products/", {"query": "red mug"}),
        ("POST", "/predict", {"query": "red mug", "facets": True, "explain": True, "k": 2}),
        ("GET", "/products/red-mug", None),
        ("GET", "/products/red-mug/similar", None),
        ("GET", "/models", None),
        ("GET", "/suggest?q=mu", None),
        ("GET", "/insights", None),
        ("GET", "/rules", None),
        ("POST", "/rules/preview", rules),
        ("GET", "/metrics", None),
    ]
    for method, path, body in asked:
        headers = {"X-API-Key": UPDATE_KEY}
        answer = httpx.request(method, gateway.url + path, json=body, headers=headers, timeout=HANG_SECONDS)
        assert answer.status_code == 200, f"{path}: {answer.text}\n{gateway.log.read_text()[-3000:]}"
    words = {"query": (None, "red mug")}
    explained = httpx.post(f"{gateway.url}/products/red-mug/explanation", files=words, timeout=HANG_SECONDS)
    assert explained.status_code == 200, explained.text
    assert "No module named" not in gateway.log.read_text()


def test_the_gateway_images_health_check_tells_ready_from_not(gateway: Container) -> None:
    check = next(instruction for instruction in instructions(GATEWAY) if instruction.name == "HEALTHCHECK").words
    assert check[:2] == ["python", "-c"]

    def ask(port: str) -> int:
        code = check[2].replace("8000", port)
        return subprocess.run(
            [sys.executable, "-c", code], capture_output=True, timeout=HANG_SECONDS, check=False
        ).returncode

    assert ask(gateway.port) == 0
    assert ask("9") == 1
