"""Settings of a catalogue run. Imports nothing heavy."""

from pydantic import Field

from vitrine.settings import Section


class RefreshSettings(Section):
    """The parts of a new catalogue that may be gone."""

    max_removed: float = Field(
        0.1, ge=0, le=1, description="largest share of the served products that a new catalogue may lack"
    )
    max_unjudged: float = Field(
        0.5, ge=0, le=1, description="largest share of the judgements whose products a new catalogue may lack"
    )
