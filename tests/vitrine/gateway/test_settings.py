from pathlib import Path

import pytest

from cli.gateway import load_settings
from vitrine.errors import ConfigError
from vitrine.gateway.settings import catalogue_name


def write(folder: Path, text: str) -> Path:
    path = folder / "gateway.yaml"
    path.write_text(text)
    return path


def test_the_configuration_that_comes_with_vitrine_is_read() -> None:
    settings = load_settings(Path("deploy/gateway.yaml"), None, ())
    assert settings.catalogues["sample"].serving == Path("runs/sample/serving")
    assert settings.rewriting.kind == "rules"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("catalogues: {}", "catalogues: "),
        ("catalogues: {all: {serving: x}}", "catalogues cannot be called all"),
        ("catalogues: {Shop: {serving: x}}", "catalogues.Shop"),
        ("catalogues: {a: {serving: x, backend: {kind: grpc, taget: y}}}", "known here: attempts, breaker_failures"),
        ("catalogues: {a: {serving: x}}\ndefault: b", "'b' is none of the catalogues a"),
        ("catalogues: {a: {serving: x}}\nexperiment: {a: a, b: a}", "a and b are the same catalogue"),
        ("catalogues: {a: {serving: x}}\nlimits: {rate: often}", "limits.rate: 'often' is not allowed"),
        ("catalogues: {a: {serving: x}}\nrewriting: {kind: magic}", "rewriting"),
    ],
)
def test_what_is_wrong_is_one_line_with_the_key(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_settings(write(tmp_path, text), None, ())
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_secret_in_the_wrong_place_is_not_repeated(tmp_path: Path) -> None:
    text = "catalogues: {a: {serving: x}}\nsecurity: {api_keys_env: 'sk-very-secret value'}"
    with pytest.raises(ConfigError) as caught:
        load_settings(write(tmp_path, text), None, ())
    assert "sk-very" not in str(caught.value)


def test_keys_are_overridden_by_environment_and_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VITRINE_GATEWAY__LIMITS__SECONDS", "3")
    monkeypatch.setenv("VITRINE_GATEWAY__LIMITS__CONCURRENT", "5")
    path = write(tmp_path, "catalogues: {a: {serving: x}}")
    settings = load_settings(path, None, ("limits.seconds=4",))
    assert (settings.limits.seconds, settings.limits.concurrent) == (4, 5)


def test_one_catalogue_needs_no_file(tmp_path: Path) -> None:
    settings = load_settings(None, tmp_path / "my run" / "serving", ("cache.seconds=1",))
    assert list(settings.catalogues) == ["my-run"]
    assert settings.cache.seconds == 1


@pytest.mark.parametrize(
    ("path", "name"), [("runs/sample/serving", "sample"), ("runs/v1/serving", "catalogue"), ("/ÄÖ/x", "catalogue")]
)
def test_a_catalogue_is_called_as_its_run(path: str, name: str) -> None:
    assert catalogue_name(Path(path)) == name


def test_neither_and_both_are_refused() -> None:
    for config, serving in ((None, None), (Path("a"), Path("b"))):
        with pytest.raises(ConfigError, match="either --config FILE or --serving DIR"):
            load_settings(config, serving, ())
