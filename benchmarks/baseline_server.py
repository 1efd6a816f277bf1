"""A common product search: FastAPI, transformers' CLIP in PyTorch, and cosines with all products.

    .venv-reference/bin/python -m benchmarks.baseline_server --clip DIR --catalogue DIR --port PORT

`benchmarks/serving_rest.py` starts it beside `vitrine serve`. It is one process with PyTorch's default of all cores.
"""

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel
from transformers import AutoTokenizer, CLIPModel

TOP_K = 24


class SearchRequest(BaseModel):
    """A text query."""

    query: str


def create_app(clip: Path, catalogue: Path) -> FastAPI:
    """Create the app of `POST /search` over the checkpoint in `clip` and the products in `catalogue`."""
    tokenizer = AutoTokenizer.from_pretrained(clip)
    model = CLIPModel.from_pretrained(clip).eval()
    products = json.loads((catalogue / "products.json").read_text(encoding="utf-8"))
    vectors = torch.from_numpy(np.load(catalogue / "vectors.npy", allow_pickle=False))
    app = FastAPI()

    @app.post("/search")
    def search(request: SearchRequest) -> list[dict[str, Any]]:
        with torch.inference_mode():
            tokens = tokenizer([request.query], padding=True, truncation=True, return_tensors="pt")
            query = model.get_text_features(**tokens).pooler_output
            query = query / query.norm(dim=-1, keepdim=True)
            best = (query @ vectors.T)[0].topk(min(TOP_K, len(products)))
        pairs = zip(best.indices.tolist(), best.values.tolist(), strict=True)
        return [products[row] | {"score": score} for row, score in pairs]

    return app


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clip", type=Path, required=True)
    parser.add_argument("--catalogue", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    arguments = parser.parse_args()
    app = create_app(arguments.clip, arguments.catalogue)
    uvicorn.run(app, host="127.0.0.1", port=arguments.port, log_level="warning", access_log=False)


if __name__ == "__main__":
    main()
