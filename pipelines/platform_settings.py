"""The part of the configuration that says where a pipeline runs when it does not run on this machine."""

from typing import Annotated, Literal

from pydantic import Field, NonNegativeInt, PositiveFloat, StringConstraints, field_validator

from vitrine.settings import Section

Runner = Literal["kubeflow", "vertex"]
Quantity = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]*(\.[0-9]+)?(K|M|G|T|Ki|Mi|Gi|Ti)?$")]
"""Bytes as Kubernetes writes them: 16G, 512Mi."""
Label = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9_-]{0,61}[a-z0-9])?$")]
"""What is a label's key or value on Kubernetes and on Google Cloud alike."""
Uri = Annotated[str, StringConstraints(pattern=r"^([a-z0-9]+://.+|/.*)$")]
"""A bucket's URI, or an absolute path of a volume that every node mounts."""

DEFAULT = "default"
"""The entry of `resources` for nodes that have none of their own."""


class NodeResources(Section):
    """What one node gets."""

    cpu: PositiveFloat | None = None
    """Cores."""
    memory: Quantity | None = None
    accelerator: str = ""
    """`nvidia.com/gpu` on Kubeflow; a type of Vertex, such as NVIDIA_TESLA_T4, there."""
    accelerators: NonNegativeInt = 0
    """How many of them; one where only a type is given."""
    image: str = ""
    """Instead of the pipeline's image, such as one with CUDA."""


class KubeflowSettings(Section):
    """A cluster's Kubeflow Pipelines."""

    host: str = ""
    """URL of its API; from KF_PIPELINES_ENDPOINT where empty. A token is read from KF_PIPELINES_TOKEN, if it is set."""
    namespace: str = ""
    """The user's, in a cluster of several users."""
    experiment: str = "vitrine"
    service_account: str = ""
    """Which its pods run as."""


class VertexEndpoint(Section):
    """An endpoint of Vertex that the search model is deployed to, beside being pushed."""

    name: str
    machine_type: str = "n1-standard-4"
    image: str
    """The model server's; the search model needs TF Text's operations, which the stock tensorflow/serving has."""
    traffic: Annotated[int, Field(ge=0, le=100)] = 100
    """Per cent that the new model gets."""


class VertexSettings(Section):
    """A project on Google Cloud."""

    project: str = ""
    region: str = "us-central1"
    service_account: str = ""
    network: str = ""
    api_endpoint: str = ""
    """Instead of `<region>-aiplatform.googleapis.com`, such as a private one; host and port."""
    encryption_key: str = ""
    """Resource name of a customer-managed key."""
    endpoint: VertexEndpoint | None = None


class PlatformSettings(Section):
    """Where and with what the nodes run."""

    image: str = ""
    """The image of `deploy/images/pipeline.Dockerfile`, with its tag or digest."""
    root: Uri | None = None
    """Where artifacts go."""
    serving: Uri | None = None
    """Where the Pushers push to; `<root>/serving` by default."""
    cache: bool = True
    """Whether nodes whose inputs have not changed are taken from earlier runs."""
    labels: dict[Label, Label] = Field(default_factory=dict)
    resources: dict[str, NodeResources] = Field(default_factory=dict)
    """By node; `default` is for those that are not named."""
    kubeflow: KubeflowSettings = KubeflowSettings()
    vertex: VertexSettings = VertexSettings()

    @field_validator("root", "serving")
    @classmethod
    def _has_no_slash_at_its_end(cls, uri: str | None) -> str | None:
        return uri.rstrip("/") if uri else uri

    def of(self, node: str) -> NodeResources:
        """What the node `node` gets: its own entry over the default one, key by key."""
        default = self.resources.get(DEFAULT, NodeResources())
        own = self.resources.get(node, NodeResources())
        return default.model_copy(update=own.model_dump(exclude_unset=True))
