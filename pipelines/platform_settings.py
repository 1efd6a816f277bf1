"""The settings of platforms other than this machine: Kubeflow and Vertex."""

from typing import Annotated, Literal

from pydantic import Field, NonNegativeInt, PositiveFloat, StringConstraints, field_validator

from vitrine.settings import Section

Runner = Literal["kubeflow", "vertex"]
Quantity = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]*(\.[0-9]+)?(K|M|G|T|Ki|Mi|Gi|Ti)?$")]
"""Bytes as Kubernetes writes them: 16G, 512Mi."""
Label = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9_-]{0,61}[a-z0-9])?$")]
"""A label's key or value that is valid both on Kubernetes and on Google Cloud."""
Uri = Annotated[str, StringConstraints(pattern=r"^([a-z0-9]+://.+|/.*)$")]
"""A bucket's URI, or an absolute path on a volume that every node mounts."""

DEFAULT = "default"
"""The entry of `resources` for nodes without an entry."""


class NodeResources(Section):
    """The resources of one node."""

    cpu: PositiveFloat | None = None
    """Cores."""
    memory: Quantity | None = None
    accelerator: str = ""
    """`nvidia.com/gpu` on Kubeflow; a type of Vertex, such as NVIDIA_TESLA_T4, there."""
    accelerators: NonNegativeInt = 0
    """Number of accelerators; one if only a type is set."""
    image: str = ""
    """An image instead of the pipeline's, such as one with CUDA."""


class KubeflowSettings(Section):
    """A cluster's Kubeflow Pipelines."""

    host: str = ""
    """URL of the API; KF_PIPELINES_ENDPOINT by default. A token is read from KF_PIPELINES_TOKEN, if it is set."""
    namespace: str = ""
    """The user's namespace, in a multi-user cluster."""
    experiment: str = "vitrine"
    service_account: str = ""
    """The account that the pods run as."""


class VertexEndpoint(Section):
    """An endpoint of Vertex that the search model is deployed to, beside being pushed."""

    name: str
    machine_type: str = "n1-standard-4"
    image: str
    """The model server's image; the search model needs TF Text's operations, which the stock tensorflow/serving has."""
    traffic: Annotated[int, Field(ge=0, le=100)] = 100
    """Per cent of the traffic that the new model gets."""


class VertexSettings(Section):
    """A project on Google Cloud."""

    project: str = ""
    region: str = "us-central1"
    service_account: str = ""
    network: str = ""
    api_endpoint: str = ""
    """Host and port instead of `<region>-aiplatform.googleapis.com`, such as a private endpoint."""
    encryption_key: str = ""
    """Resource name of a customer-managed key."""
    endpoint: VertexEndpoint | None = None


class PlatformSettings(Section):
    """The platform's locations, and the resources of the nodes."""

    image: str = ""
    """The image of `deploy/images/pipeline.Dockerfile`, with its tag or digest."""
    root: Uri | None = None
    """The folder of all artifacts."""
    serving: Uri | None = None
    """The folder that the Pushers push to; `<root>/serving` by default."""
    cache: bool = True
    """True if nodes with unchanged inputs take their outputs from earlier runs."""
    labels: dict[Label, Label] = Field(default_factory=dict)
    resources: dict[str, NodeResources] = Field(default_factory=dict)
    """Resources by node; `default` is for the other nodes."""
    kubeflow: KubeflowSettings = KubeflowSettings()
    vertex: VertexSettings = VertexSettings()

    @field_validator("root", "serving")
    @classmethod
    def _strip_slash(cls, uri: str | None) -> str | None:
        return uri.rstrip("/") if uri else uri

    def of(self, node: str) -> NodeResources:
        """Return the resources of `node`: its entry over the default one, key by key."""
        default = self.resources.get(DEFAULT, NodeResources())
        entry = self.resources.get(node, NodeResources())
        return default.model_copy(update=entry.model_dump(exclude_unset=True))
