"""Cards as one SVG image: the chart where there is one, else the figures and words as text."""

from collections.abc import Iterator
from textwrap import wrap
from xml.etree import ElementTree as ET

from service.embeds.card import Card
from service.web import charts, palette, svg

WIDE = 34
"""Characters that fit into a line of ordinary size, `TITLE` and `FIGURE` likewise; estimated for the widest common letters."""
TITLE, FIGURE = 30, 16
LARGE = 26


def image(card: Card, size: str) -> str:
    """The SVG; `size` is wide or narrow and counts where there is a chart. Its title and description say what it shows."""
    if card.drawings:
        fitting = [one for one in card.drawings if f'class="{size}"' in one[:300]]
        return str(fitting[0] if fitting else card.drawings[-1])
    lines = list(_lines(card))
    root = ET.Element(f"{{{svg.SVG}}}svg")
    y = 0
    for text, height, colour, weight in lines:
        y += round(height * 1.45)
        line = ET.SubElement(
            root,
            f"{{{svg.SVG}}}text",
            {"x": "4", "y": str(y), "font-size": str(height), "fill": colour, "font-weight": weight},
        )
        line.text = svg.legible(text)
    width = charts.WIDTHS[charts.NARROW]
    for name, value in (("width", str(width)), ("height", str(y + 10)), ("viewBox", f"0 0 {width} {y + 10}")):
        root.set(name, value)
    return svg.embed(
        ET.tostring(root, encoding="unicode"),
        name=f"embed-{card.kind}",
        title=card.title,
        description=". ".join(text for text, *_ in lines[1:]),
        size=charts.NARROW,
        font=charts.FONT,
    )


def _lines(card: Card) -> Iterator[tuple[str, int, str, str]]:
    """Text, height, colour and weight of each line."""
    for text in wrap(card.title, TITLE):
        yield text, 15, palette.INK, "bold"
    if card.room:
        yield from ((text, 12, palette.MUTED, "normal") for text in wrap(card.room, WIDE))
    for value in card.values:
        if len(card.values) > 1:
            yield from ((text, 13, palette.INK, "bold") for text in wrap(value.label, WIDE))
        if value.shown is not None:
            yield from ((text, LARGE, palette.LINE, "bold") for text in wrap(value.shown, FIGURE))
        else:
            yield from ((text, 13, palette.HIDDEN_INK, "normal") for text in wrap(value.words, WIDE))
        for fact in value.facts:
            yield from ((text, 12, palette.MUTED, "normal") for text in wrap(fact, WIDE + 4))
    for item in card.items:
        yield from ((text, 13, palette.INK, "bold") for text in wrap(f"{item.label}: {item.title}", WIDE))
    for text in (card.missing, card.age, *card.notices):
        yield from ((line, 12, palette.MUTED, "normal") for line in wrap(text, WIDE + 4))
