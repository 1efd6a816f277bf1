"""Construction of a gateway from its settings."""

from collections.abc import Mapping

from vitrine.gateway.backends.backend import Backend, RemoteBackend
from vitrine.gateway.catalogue.catalogue import Catalogue
from vitrine.gateway.catalogue.version import MakeRewriter
from vitrine.gateway.gateway import Gateway
from vitrine.gateway.monitoring import GatewayMetrics
from vitrine.gateway.retrieval.milvus import MilvusProducts
from vitrine.gateway.settings import CatalogueSettings, GatewaySettings, Grpc, InProcess, Rest
from vitrine.rewriting.factory import build_rewriter
from vitrine.rewriting.rewrite import Rewriter
from vitrine.serving.lifecycle.manager import ServableManager


def build_gateway(settings: GatewaySettings, servables: Mapping[str, ServableManager]) -> Gateway:
    """Build a gateway over `settings.catalogues`.

    Args:
        settings: The gateway's settings.
        servables: By catalogue, for the catalogues whose models run in this process.

    Raises:
        ConfigError: A file of synonyms cannot be used, or the key of a language model is missing.
        MissingExtraError: Candidates are to be retrieved from Milvus, and pymilvus is not installed.
    """
    make_rewriter = rewriter_factory(settings)
    catalogues = {
        name: Catalogue(
            name,
            catalogue,
            build_backend(catalogue, servables.get(name)),
            make_rewriter,
            settings.interpretation,
            MilvusProducts(catalogue.retrieval) if catalogue.retrieval else None,
        )
        for name, catalogue in settings.catalogues.items()
    }
    return Gateway(settings, catalogues, GatewayMetrics())


def build_backend(settings: CatalogueSettings, servables: ServableManager | None) -> Backend:
    """Build the backend of a catalogue; `servables` has its model if the model runs in this process."""
    backend = settings.backend
    if isinstance(backend, InProcess):
        from vitrine.gateway.backends.in_process import InProcessBackend

        if servables is None:
            raise ValueError("a model in this process needs its servables")
        return InProcessBackend(servables, backend.model)
    from vitrine.gateway.backends.resilient import ResilientBackend

    return ResilientBackend(_remote(backend), backend)


def _remote(backend: Grpc | Rest) -> RemoteBackend:
    if isinstance(backend, Grpc):
        from vitrine.gateway.backends.grpc_backend import GrpcBackend

        return GrpcBackend(backend.target, backend.model, backend.label)
    from vitrine.gateway.backends.rest import RestBackend

    return RestBackend(backend.url, backend.model, backend.label)


def rewriter_factory(settings: GatewaySettings) -> MakeRewriter:
    """Return a function that makes a rewriter for a vocabulary.

    All catalogues share one language model, with its budget and its cache.
    """
    if settings.rewriting.kind != "llm":
        return lambda vocabulary: build_rewriter(settings.rewriting, vocabulary)
    shared: list[Rewriter] = []

    def make(vocabulary: Mapping[str, int]) -> Rewriter:
        if not shared:
            shared.append(build_rewriter(settings.rewriting, vocabulary))
        return shared[0]

    return make
