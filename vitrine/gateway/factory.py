"""From settings to a gateway."""

from collections.abc import Mapping

from vitrine.gateway.backends.backend import Backend, RemoteBackend
from vitrine.gateway.catalogue.served import Catalogue, MakeRewriter
from vitrine.gateway.gateway import Gateway
from vitrine.gateway.monitoring import GatewayMetrics
from vitrine.gateway.settings import CatalogueSettings, GatewaySettings, Grpc, InProcess, Rest
from vitrine.rewriting.build import build_rewriter
from vitrine.rewriting.rewrite import Rewriter
from vitrine.search.exported_model import MODEL_NAME
from vitrine.serving.lifecycle.manager import ServableManager


def build_gateway(settings: GatewaySettings, servables: Mapping[str, ServableManager]) -> Gateway:
    """A gateway over `settings.catalogues`.

    Args:
        settings: All of it.
        servables: By name, for the catalogues whose models are computed in this process.

    Raises:
        ConfigError: A file of synonyms cannot be used, or a key for a language model is missing.
    """
    make_rewriter = rewriter_maker(settings)
    catalogues = {
        name: Catalogue(name, one, build_backend(one, servables.get(name)), make_rewriter)
        for name, one in settings.catalogues.items()
    }
    return Gateway(settings, catalogues, GatewayMetrics())


def build_backend(settings: CatalogueSettings, servables: ServableManager | None) -> Backend:
    """The backend that a catalogue's settings ask for; `servables` has its model if that is this process."""
    backend = settings.backend
    if isinstance(backend, InProcess):
        from vitrine.gateway.backends.in_process import InProcessBackend

        if servables is None:
            raise ValueError("a model in this process needs its servables")
        return InProcessBackend(servables, MODEL_NAME)
    from vitrine.gateway.backends.resilient import ResilientBackend

    return ResilientBackend(_remote(backend), backend)


def _remote(backend: Grpc | Rest) -> RemoteBackend:
    if isinstance(backend, Grpc):
        from vitrine.gateway.backends.grpc_backend import GrpcBackend

        return GrpcBackend(backend.target, backend.model, backend.label)
    from vitrine.gateway.backends.rest import RestBackend

    return RestBackend(backend.url, backend.model, backend.label)


def rewriter_maker(settings: GatewaySettings) -> MakeRewriter:
    """What makes rewriters for vocabularies. A language model, its budget and its memory are one for all of them."""
    if settings.rewriting.kind != "llm":
        return lambda vocabulary: build_rewriter(settings.rewriting, vocabulary)
    shared: list[Rewriter] = []

    def make(vocabulary: Mapping[str, int]) -> Rewriter:
        if not shared:
            shared.append(build_rewriter(settings.rewriting, vocabulary))
        return shared[0]

    return make
