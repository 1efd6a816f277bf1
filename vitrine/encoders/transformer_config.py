"""Sizes that the configurations of all transformers have."""

from pydantic import BaseModel, ConfigDict, PositiveInt, model_validator


class TransformerConfig(BaseModel):
    """Sizes of a transformer, whose attention heads share its width."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    hidden_size: PositiveInt
    intermediate_size: PositiveInt
    num_hidden_layers: PositiveInt
    num_attention_heads: PositiveInt

    @model_validator(mode="after")
    def _heads_share_the_width(self) -> "TransformerConfig":
        if self.hidden_size % self.num_attention_heads:
            raise ValueError(
                f"hidden_size {self.hidden_size} is not a multiple of num_attention_heads {self.num_attention_heads}"
            )
        return self
