"""Draws docs/images/search.png: what the sample's model answers.

python docs/images/draw.py runs/sample/serving data/sample/images docs/images/search.png
"""

import sys
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from cli.terminal import quiet_tensorflow
from vitrine.search.client import Hit, SearchClient

QUERIES = ("red checked mug", "something to keep the rain off", "pink phone case with stripes")
PICTURE = "p00001.png"
COUNT, SIDE, GAP, LABEL = 6, 112, 12, 190
INK, PAPER, FAINT = "#1f2430", "#ffffff", "#6b7280"


def main(serving: Path, images: Path, target: Path) -> None:
    """Ask, and draw one row a question."""
    quiet_tensorflow()
    client = SearchClient(serving)
    rows = [(query, None, hits) for query, hits in zip(QUERIES, client.search(QUERIES, COUNT), strict=True)]
    asked = images / PICTURE
    rows.append(("", asked, client.search_image([asked.read_bytes()], COUNT)[0]))
    sheet = Image.new("RGB", (LABEL + COUNT * (SIDE + GAP) + GAP, len(rows) * (SIDE + 3 * GAP) + GAP), PAPER)
    for number, (query, picture, hits) in enumerate(rows):
        draw_row(sheet, GAP + number * (SIDE + 3 * GAP), query, picture, hits, images)
    sheet.quantize(128).save(target, optimize=True)


def draw_row(sheet: Image.Image, top: int, query: str, picture: Path | None, hits: list[Hit], images: Path) -> None:
    """Draw the question on the left and its answers beside it, each with its likeliest label."""
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(15)
    if picture:
        sheet.paste(thumbnail(picture), (GAP, top))
    else:
        words = query.split()
        half = (len(words) + 1) // 2
        text = f"“{' '.join(words[:half])}\n {' '.join(words[half:])}”"
        draw.multiline_text((GAP, top + SIDE // 2 - 20), text, INK, font, spacing=6)
    for column, hit in enumerate(hits):
        left = LABEL + column * (SIDE + GAP)
        path = images / f"{hit.product_id}.png"
        if path.is_file():
            sheet.paste(thumbnail(path), (left, top))
        else:
            draw.rectangle((left, top, left + SIDE, top + SIDE), outline=FAINT)
            draw.multiline_text((left + 6, top + 6), wrapped(hit.title), INK, ImageFont.load_default(12))
        draw.text((left, top + SIDE + 3), f"{hit.label} {hit.score:.2f}", FAINT, ImageFont.load_default(13))


def thumbnail(path: Path) -> Image.Image:
    """Read a product picture at the sheet's size."""
    return Image.open(path).convert("RGB").resize((SIDE, SIDE), Image.Resampling.LANCZOS)


def wrapped(title: str, width: int = 15) -> str:
    """Break a title into lines."""
    lines = [""]
    for word in title.split():
        if len(lines[-1]) + len(word) > width:
            lines.append("")
        lines[-1] += f"{word} "
    return "\n".join(lines[:6])


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]))
