"""Settings of experiment tracking."""

from pydantic import BaseModel, ConfigDict, Field


class TrackingConfig(BaseModel):
    """Where runs are recorded, and how emissions are estimated."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    enabled: bool = Field(True, description="record runs in MLflow and estimate emissions with CodeCarbon")
    tracking_uri: str = Field(
        "",
        description="MLflow tracking store, such as sqlite:////data/mlflow.db or http://host:5000; empty: mlflow.db "
        "beside the training's own output",
    )
    artifact_dir: str = Field(
        "", description="directory of a new experiment's files; empty: `artifacts` beside the store"
    )
    experiment: str = Field("vitrine", min_length=1, description="MLflow experiment")
    country_iso_code: str = Field(
        "DEU", pattern="^[A-Z]{3}$", description="ISO 3166 alpha-3 code of the country whose electricity mix is assumed"
    )
