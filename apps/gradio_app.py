"""A small page to try the search: words, a picture, or both. `python apps/gradio_app.py`, or hosted as a Space.

It speaks to a running gateway only (`VITRINE_GATEWAY`), listens on loopback unless `GRADIO_SERVER_NAME` says
otherwise, and asks nobody else anything.
"""

import os
from functools import partial
from html import escape
from pathlib import Path
from typing import Any, Final

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # read while Gradio is imported, too
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"

try:
    import gradio as gr
    from gradio.data_classes import ImageData
except ModuleNotFoundError as error:
    raise SystemExit(f"{error}: this page needs pip install 'vitrine-search[apps]'") from None
from PIL import Image, ImageDraw

from gateway_client import LABELS, MAX_PICTURE, MAX_QUERY, THUMBNAIL, GatewayError, gateway_url, search, thumbnails

SHOWN: Final = 12
EXAMPLES: Final = ["red checked mug", "apricot coffee table", "yellow striepd dining chair", "desk lamp under 30"]

THEME: Final = gr.themes.Default(
    primary_hue="indigo", font=["system-ui", "sans-serif"], font_mono=["ui-monospace", "monospace"]
)
"""The fonts of the reader's system: Gradio's own default would be loaded from elsewhere."""

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


def file_of(upload: ImageData | None) -> str | None:
    """Where the upload was put."""
    return upload.path if upload else None


Shown = tuple[str, dict[str, Any], dict[str, Any]]
"""What the page says, as HTML; what changes in its gallery; and in its button to ask again."""


def ask(query: str, file: str | None, share: float, anyway: bool = False) -> Shown:
    """Search, and show what was found or what is wrong."""
    url = gateway_url()
    try:
        picture = Path(file).read_bytes() if file else None
        answer = search(url, query[:MAX_QUERY], picture, share, k=SHOWN, anyway=anyway)
    except GatewayError as error:
        return note(str(error), "problem"), gr.update(value=[], visible=False), gr.update(visible=False)
    pictures = [one or placeholder() for one in thumbnails(url, answer)]
    found = [(picture, caption(one)) for picture, one in zip(pictures, answer["results"], strict=True)]
    return summary(answer), gr.update(value=found, visible=bool(found)), gr.update(visible=answer["junk"])


def caption(result: dict[str, Any]) -> str:
    """Three lines: the title; the price; what it is to the query, and how surely."""
    price = "" if result["price"] is None else f"{result['price']:,.2f}\n"
    title = result["title"] or result["description"] or result["product_id"]
    return f"{result['rank']}. {title}\n{price}{LABELS[result['label']]} · score {result['score']:.2f}"


def summary(answer: dict[str, Any]) -> str:
    """What was asked in the end, what there is to say, and which model answered; HTML."""
    lines = []
    if answer["rewritten"]:
        asked, instead_of = escape(answer["rewritten"]["query"]), escape(answer["query"])
        lines.append(f"Searched for <strong>{asked}</strong> instead of “{instead_of}”.")
    models = ", ".join(f"{escape(name)}, version {version}" for name, version in answer["versions"].items())
    count = f"{len(answer['results'])} of {answer['total']} results" if answer["results"] else "Nothing found"
    lines.append(f"{count} · {models} · {answer['took_ms']:.0f} ms")
    said = note(answer["message"], "problem" if answer["junk"] else "") if answer["message"] else ""
    return said + "".join(f"<p>{line}</p>" for line in lines)


def note(message: str, kind: str = "") -> str:
    """A message, as HTML that is read out."""
    return f'<p class="note {kind}" role="status">{escape(message)}</p>'


def placeholder() -> Image.Image:
    """For a product without a picture."""
    image = Image.new("RGB", THUMBNAIL, (236, 238, 242))
    ImageDraw.Draw(image).text(
        (THUMBNAIL[0] / 2, THUMBNAIL[1] / 2), "no picture", (100, 105, 115), anchor="mm", font_size=36
    )
    return image


def build() -> gr.Blocks:
    """The page."""
    with gr.Blocks(title="Vitrine", analytics_enabled=False, delete_cache=(600, 3600)) as page:
        gr.Markdown("# Vitrine\nSearch products by words, by a picture, or by both.")
        with gr.Row():
            with gr.Column(scale=2):
                query = gr.Textbox(label="Words", placeholder="red checked mug", max_length=MAX_QUERY, autofocus=True)
                share = gr.Slider(0, 1, 0.5, step=0.1, label="How much the picture counts beside words")
                with gr.Row():
                    clear = gr.Button("Clear")
                    go = gr.Button("Search", variant="primary")
            picture = gr.Image(label="Picture", sources=["upload", "clipboard"], height=220, buttons=[])
            # By itself it opens the file, and fails on a broken one without a word: the gateway has the words.
            picture.preprocess = file_of  # type: ignore[method-assign, assignment]
        examples = gr.Examples([[one] for one in EXAMPLES], [query], label="Try")
        status = gr.HTML(elem_id="status")
        anyway = gr.Button("Search anyway", visible=False, size="sm")
        results = gr.Gallery(
            label="Results", show_label=False, elem_id="results", columns=4, height="auto", allow_preview=False,
            interactive=False, buttons=[], visible=False,
        )  # fmt: skip
        inputs, outputs = [query, picture, share], [status, results, anyway]
        asking = [go.click, query.submit, picture.upload, examples.dataset.click]
        gr.on(asking, ask, inputs, outputs, trigger_mode="always_last", api_visibility="private")
        anyway.click(partial(ask, anyway=True), inputs, outputs, api_visibility="private")
        nothing = ("", None, "", gr.update(value=[], visible=False), gr.update(visible=False))
        clear.click(lambda: nothing, None, [query, picture, *outputs], api_visibility="private")
    return page


def main() -> None:
    """Serve the page."""
    page = build().queue(max_size=64, default_concurrency_limit=4)
    page.launch(share=False, ssr_mode=False, max_file_size=MAX_PICTURE, footer_links=[], theme=THEME, css=CSS)


if __name__ == "__main__":
    main()
