"""The node that deploys the search model to an endpoint of Vertex, if one is configured."""

from tfx.extensions.google_cloud_ai_platform import constants
from tfx.extensions.google_cloud_ai_platform.pusher.component import Pusher
from tfx.types import BaseChannel

from pipelines.platform_settings import VertexSettings


def endpoint_pusher(vertex: VertexSettings, model: BaseChannel, blessing: BaseChannel) -> Pusher:
    """Return TFX's Pusher to `vertex.endpoint`, which uploads a blessed model and deploys it.

    The endpoint is created if none has that name.
    """
    endpoint = vertex.endpoint
    if endpoint is None:
        raise ValueError("platform.vertex.endpoint is not configured")
    serving = {
        "project_id": vertex.project,
        "endpoint_name": endpoint.name,
        "machine_type": endpoint.machine_type,
        "traffic_percentage": endpoint.traffic,
    }
    if vertex.service_account:
        serving["service_account"] = vertex.service_account
    return Pusher(
        model=model,
        model_blessing=blessing,
        custom_config={
            constants.ENABLE_VERTEX_KEY: True,
            constants.VERTEX_REGION_KEY: vertex.region,
            constants.VERTEX_CONTAINER_IMAGE_URI_KEY: endpoint.image,
            constants.SERVING_ARGS_KEY: serving,
        },
    ).with_id("Pusher-vertex-endpoint")
