"""The relevance of patches by generic attention explainability (Chefer, Gur and Wolf 2021), with PyTorch's gradients.

The loop is that of the authors' code for CLIP.
"""

import numpy as np
import torch

from benchmarks.reference.functions.checkpoints import load


def relevance(model: str, directory: str, pixels: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """Return the relevance of N patches, float32 [B, N], with the sum 1.

    `model` is a class of transformers, `pixels` are normalised images, float32 [B, S, S, 3], and `vectors` of unit
    length, float32 [B, D].
    """
    loaded = load(model, directory)
    loaded.set_attn_implementation("eager")
    pooled: list[torch.Tensor] = []
    vision = loaded.vision_model
    if hasattr(vision, "head"):
        _record_pooling(vision.head.attention, pooled)
    images = torch.from_numpy(pixels).permute(0, 3, 1, 2)
    outputs = vision(pixel_values=images, output_attentions=True)
    features = outputs.pooler_output
    if hasattr(loaded, "visual_projection"):
        features = loaded.visual_projection(features)
    features = features / features.norm(dim=-1, keepdim=True)
    similarity = (features * torch.from_numpy(vectors)).sum()
    attentions = [*outputs.attentions, *pooled]
    gradients = torch.autograd.grad(similarity, attentions)
    cams = [
        (gradient * attention).clamp(min=0).mean(dim=1)
        for attention, gradient in zip(attentions, gradients, strict=True)
    ]
    layers = cams[:-1] if pooled else cams
    found = torch.eye(layers[0].shape[-1]).repeat(len(pixels), 1, 1)
    for cam in layers:
        found = found + torch.bmm(cam, found)
    patches = torch.bmm(cams[-1], found)[:, 0] if pooled else found[:, 0, 1:]
    shares: np.ndarray = (patches / patches.sum(dim=1, keepdim=True)).detach().numpy()
    return shares


def _record_pooling(attention: torch.nn.MultiheadAttention, pooled: list[torch.Tensor]) -> None:
    """Keep the shares of each head that the learnt query gives the patches."""

    # The weights that PyTorch returns are a copy, behind which the output does not lie.
    def recorded(query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, **_: object) -> tuple[torch.Tensor, ...]:
        weights, biases = attention.in_proj_weight.chunk(3), attention.in_proj_bias.chunk(3)
        size = attention.head_dim
        queries, keys, values = (
            torch.nn.functional.linear(each, weight, bias).unflatten(2, (-1, size)).transpose(1, 2)
            for each, weight, bias in zip((query, key, value), weights, biases, strict=True)
        )
        shares = torch.softmax(queries @ keys.transpose(2, 3) / size**0.5, dim=-1)
        pooled.append(shares)
        return attention.out_proj((shares @ values).transpose(1, 2).flatten(2)), shares

    attention.forward = recorded
