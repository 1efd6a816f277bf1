import pytest

from vitrine.errors import AnomalyError, ConfigError, DataError, NetworkError, RefusedError, VitrineError


@pytest.mark.parametrize(
    ("kind", "code"),
    [(VitrineError, 2), (DataError, 2), (ConfigError, 2), (NetworkError, 2), (AnomalyError, 3), (RefusedError, 4)],
)
def test_scripts_can_tell_errors_apart_by_their_exit_code(kind: type[VitrineError], code: int) -> None:
    assert issubclass(kind, VitrineError)
    assert kind.exit_code == code
