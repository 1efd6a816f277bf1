from tests.vitrine.gateway.conftest import pushed, start_gateway

__all__ = ["pushed", "start_gateway"]
