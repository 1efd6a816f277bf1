import pytest

from vitrine.saved_model.status import ApiError
from vitrine.serving.api.url_paths import Target, parse_path


@pytest.mark.parametrize(
    ("method", "path", "target"),
    [
        ("GET", "/v1/models/m", Target("m", None, None, "status")),
        ("GET", "/v1/models/m/versions/7", Target("m", 7, None, "status")),
        ("GET", "/v1/models/m/labels/stable/metadata", Target("m", None, "stable", "metadata")),
        ("POST", "/v1/models/m:predict", Target("m", None, None, "predict")),
        ("POST", "/V1/MODELS/m/versions/007:Classify", Target("m", 7, None, "classify")),
        ("POST", "/v1/models/a%20b/labels/c%2Fd:regress", Target("a b", None, "c/d", "regress")),
    ],
)
def test_paths_name_a_target(method: str, path: str, target: Target) -> None:
    assert parse_path(method, path) == target


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/models/m/"),
        ("GET", "/v1/models/m/versions/1/labels/x"),
        ("POST", "/v1/models/m/metadata:predict"),
        ("POST", "/v1/models:predict"),
        ("HEAD", "/v1/models/m"),
    ],
)
def test_other_paths_are_malformed(method: str, path: str) -> None:
    with pytest.raises(ApiError, match=f"^Malformed request: {method} {path}$"):
        parse_path(method, path)


@pytest.mark.parametrize("path", ["/v1/models", "/v1/models/metadata"])
def test_a_model_must_be_named(path: str) -> None:
    if path == "/v1/models":
        with pytest.raises(ApiError, match="Missing model name"):
            parse_path("GET", path)
    else:  # A model may be called like that.
        assert parse_path("GET", path) == Target("metadata", None, None, "status")
