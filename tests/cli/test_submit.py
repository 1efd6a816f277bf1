import json
from pathlib import Path

from click.testing import CliRunner, Result

from cli.main import cli
from tests.conftest import Vitrine
from tests.pipelines.platforms.kfp_server import KfpServer, served
from vitrine.errors import ConfigError

CONFIG = Path(__file__).parents[2] / "configs" / "sample.yaml"
PLATFORM = ("platform.image=example/vitrine:1", "platform.root=gs://b/root", "data.dir=gs://b/data")
SET = [word for assignment in PLATFORM for word in ("--set", assignment)]


def submit(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["submit", "--config", str(CONFIG), *SET, *arguments])


def test_the_sample_is_compiled_uploaded_and_started(vitrine: Vitrine, tmp_path: Path) -> None:
    with served(KfpServer(states=["SUCCEEDED"])) as server:
        host = f"platform.kubeflow.host={server.url}"
        done = vitrine("submit", "--runner", "kubeflow", "--config", CONFIG, *SET, "--set", host, "--wait", "--json")
    assert done.returncode == 0, done.stderr
    link = f"{server.url}/#/runs/details/run-0"
    assert json.loads(done.stdout) == {"id": "run-0", "link": link, "state": "succeeded", "scheduled": False}
    assert done.stderr.splitlines()[-2:] == [f"started {link}", "succeeded"]
    (version,) = server.versions
    assert "EmbeddingGen" in version["spec"]["root"]["dag"]["tasks"]
    assert [pipeline["display_name"] for pipeline in server.pipelines] == ["sample"]


def test_a_schedule_that_is_none_is_refused_before_anything_is_loaded() -> None:
    result = submit("--runner", "kubeflow", "--schedule", "daily")
    assert isinstance(result.exception, ConfigError)
    assert str(result.exception).startswith("--schedule 'daily': expected five fields, such as '0 3 * * *'")


def test_wait_and_schedule_exclude_each_other() -> None:
    result = submit("--runner", "vertex", "--schedule", "0 3 * * *", "--wait")
    assert result.exit_code == 2
    assert "--wait and --schedule exclude each other" in result.output


def test_an_error_of_the_platform_is_one_line_and_has_its_own_code(vitrine: Vitrine) -> None:
    with served(KfpServer(refusal=(403, {"message": "no"}))) as server:
        host = f"platform.kubeflow.host={server.url}"
        done = vitrine("submit", "--runner", "kubeflow", "--config", CONFIG, *SET, "--set", host)
    assert done.returncode == 6
    assert done.stderr.splitlines()[-1].startswith(f"error: {server.url}: 403: no; the account may not do this")
