"""A demo of the search by words, by an image, or by both: `python apps/gradio_app.py`, or hosted as a Space.

It connects only to a running gateway (`VITRINE_GATEWAY`), and listens on loopback unless `GRADIO_SERVER_NAME` is set.
"""

import os
from functools import partial
from html import escape
from pathlib import Path
from typing import Any, Final

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # before the import, which reads it
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"

try:
    import gradio as gr
    from gradio.data_classes import ImageData
except ModuleNotFoundError as error:
    raise SystemExit(f"{error}: this page needs pip install 'vitrine-search[apps]'") from None
from PIL import Image, ImageDraw

from gateway_client import (
    LABELS,
    MAX_IMAGE_BYTES,
    MAX_QUERY,
    THUMBNAIL,
    GatewayError,
    gateway_url,
    predicted_categories,
    search,
    thumbnails,
)

SHOWN: Final = 12
EXAMPLES: Final = ["red checked mug", "apricot coffee table", "yellow striepd dining chair", "desk lamp under 30"]

THEME: Final = gr.themes.Default(
    primary_hue="indigo", font=["system-ui", "sans-serif"], font_mono=["ui-monospace", "monospace"]
)
"""A theme with the fonts of the reader's system: Gradio's default fonts would be loaded from another site."""

CSS: Final = """
.gradio-container { width: 100%; max-width: 1200px !important; margin: auto; }
#status p { margin: .25rem 0; }
#status .note { padding: .6rem .8rem; border-radius: 6px; background: var(--background-fill-secondary); }
#status .problem { border-left: 4px solid #b45309; }
#results .grid-wrap { max-height: none; overflow: visible; }
#results .grid-container { grid-template-columns: repeat(auto-fill, minmax(min(220px, 45%), 1fr)); }
#results .thumbnail-item { display: flex; flex-direction: column; aspect-ratio: auto; }
#results .thumbnail-item > img { height: auto; aspect-ratio: 1; object-fit: contain; }
#results .caption-label {
  position: static; width: 100%; max-width: none; padding: .5rem .7rem; border-width: 1px 0 0;
  font-size: .85rem; line-height: 1.45; white-space: pre-line; opacity: 1 !important;
}
"""


def upload_path(upload: ImageData | None) -> str | None:
    """Return the path of an uploaded file."""
    return upload.path if upload else None


Updates = tuple[str, dict[str, Any], dict[str, Any]]
"""The page's status as HTML, and the updates of its gallery and of its button `Search anyway`."""


def ask(query: str, file: str | None, share: float, anyway: bool = False) -> Updates:
    """Search, and show the results or an error."""
    url = gateway_url()
    try:
        image = Path(file).read_bytes() if file else None
        response = search(url, query[:MAX_QUERY], image, share, k=SHOWN, anyway=anyway)
    except GatewayError as error:
        return note(str(error), "problem"), gr.update(value=[], visible=False), gr.update(visible=False)
    images = [thumbnail or placeholder() for thumbnail in thumbnails(url, response)]
    gallery = [(image, caption(result)) for image, result in zip(images, response["results"], strict=True)]
    return summary(response), gr.update(value=gallery, visible=bool(gallery)), gr.update(visible=response["junk"])


def caption(result: dict[str, Any]) -> str:
    """Format a result in three lines: its title, its price, and its label with the score."""
    price = "" if result["price"] is None else f"{result['price']:,.2f}\n"
    title = result["title"] or result["description"] or result["product_id"]
    return f"{result['rank']}. {title}\n{price}{LABELS[result['label']]} · score {result['score']:.2f}"


def summary(response: dict[str, Any]) -> str:
    """Return what a response has besides its results, as HTML: message, rewritten query, categories, count, models."""
    lines = []
    if response["rewritten"]:
        rewritten, original = escape(response["rewritten"]["query"]), escape(response["query"])
        lines.append(f"Searched for <strong>{rewritten}</strong> instead of “{original}”.")
    if categories := predicted_categories(response):
        lines.append(f"Predicted categories: {escape(categories)}")
    models = ", ".join(f"{escape(name)}, version {version}" for name, version in response["versions"].items())
    count = f"{len(response['results'])} of {response['total']} results" if response["results"] else "Nothing found"
    lines.append(f"{count} · {models} · {response['took_ms']:.0f} ms")
    message = note(response["message"], "problem" if response["junk"] else "") if response["message"] else ""
    return message + "".join(f"<p>{line}</p>" for line in lines)


def note(message: str, kind: str = "") -> str:
    """Return a message as HTML that screen readers announce."""
    return f'<p class="note {kind}" role="status">{escape(message)}</p>'


def placeholder() -> Image.Image:
    """Return the thumbnail of a product without an image."""
    image = Image.new("RGB", THUMBNAIL, (236, 238, 242))
    ImageDraw.Draw(image).text(
        (THUMBNAIL[0] / 2, THUMBNAIL[1] / 2), "no image", (100, 105, 115), anchor="mm", font_size=36
    )
    return image


def build_page() -> gr.Blocks:
    """Build the page."""
    page: gr.Blocks
    with gr.Blocks(title="Vitrine", analytics_enabled=False, delete_cache=(600, 3600)) as page:
        gr.Markdown("# Vitrine\nSearch products by words, by an image, or by both.")
        with gr.Row():
            with gr.Column(scale=2):
                query = gr.Textbox(label="Words", placeholder="red checked mug", max_length=MAX_QUERY, autofocus=True)
                share = gr.Slider(0, 1, 0.5, step=0.1, label="Weight of the image beside the words")
                with gr.Row():
                    clear_button = gr.Button("Clear")
                    search_button = gr.Button("Search", variant="primary")
            image = gr.Image(label="Image", sources=["upload", "clipboard"], height=220, buttons=[])
            # By default Gradio opens the file, and fails on a broken one without a message; the gateway has a message.
            image.preprocess = upload_path  # type: ignore[method-assign, assignment]
        examples = gr.Examples([[example] for example in EXAMPLES], [query], label="Try")
        status = gr.HTML(elem_id="status")
        anyway = gr.Button("Search anyway", visible=False, size="sm")
        results = gr.Gallery(
            label="Results", show_label=False, elem_id="results", columns=4, height="auto", allow_preview=False,
            interactive=False, buttons=[], visible=False,
        )  # fmt: skip
        inputs, outputs = [query, image, share], [status, results, anyway]
        triggers = [search_button.click, query.submit, image.upload, examples.dataset.click]
        gr.on(triggers, ask, inputs, outputs, trigger_mode="always_last", api_visibility="private")
        anyway.click(partial(ask, anyway=True), inputs, outputs, api_visibility="private")
        cleared = ("", None, "", gr.update(value=[], visible=False), gr.update(visible=False))
        clear_button.click(lambda: cleared, None, [query, image, *outputs], api_visibility="private")
    return page


def main() -> None:
    """Serve the page."""
    page = build_page().queue(max_size=64, default_concurrency_limit=4)
    page.launch(share=False, ssr_mode=False, max_file_size=MAX_IMAGE_BYTES, footer_links=[], theme=THEME, css=CSS)


if __name__ == "__main__":
    main()
