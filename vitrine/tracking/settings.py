"""Settings of experiment tracking. Imports nothing heavy."""

from pydantic import Field

from vitrine.settings import Section


class TrackingSettings(Section):
    """Store and experiment of recorded trainings, and the country of their emissions."""

    enabled: bool = Field(True, description="record in MLflow and estimate emissions with CodeCarbon")
    tracking_uri: str = Field(
        "",
        description="MLflow's store, such as sqlite:////data/mlflow.db or http://127.0.0.1:5000; "
        "empty: `mlflow.db` beside the outputs of the training node",
    )
    artifacts: str = Field(
        "", description="where a new experiment keeps its files; empty: beside a local store, or the server's choice"
    )
    experiment: str = Field("vitrine", min_length=1, description="MLflow experiment")
    country_iso_code: str = Field(
        "DEU", pattern="^[A-Z]{3}$", description="ISO 3166 alpha-3 code of the country whose electricity is assumed"
    )
