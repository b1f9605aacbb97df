"""From the SVG that vl-convert draws to one that may stand in a page under a strict content security policy."""

import re
from xml.etree import ElementTree as ET

SVG = "http://www.w3.org/2000/svg"
ET.register_namespace("", SVG)

ELEMENTS = {"svg", "g", "path", "line", "rect", "text", "tspan", "title", "desc"}
ATTRIBUTES = {
    *("d", "x", "y", "x1", "x2", "y1", "y2", "dx", "dy", "width", "height", "viewBox", "transform", "class"),
    *("fill", "fill-opacity", "stroke", "stroke-width", "stroke-opacity", "stroke-dasharray", "opacity"),
    *("stroke-linecap", "stroke-linejoin", "stroke-miterlimit"),
    *("font-size", "font-weight", "font-style", "text-anchor"),
}
DEFAULTS = {("opacity", "1"), ("x2", "0"), ("y2", "0")}
_UNSPEAKABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What may not stand in XML 1.0 (section 2.2)."""
_DECIMALS = re.compile(r"-?\d+\.\d{2,}")


def legible(text: str) -> str:
    """The text with the replacement character for everything XML 1.0 does not allow."""
    return _UNSPEAKABLE.sub("\ufffd", text)


def embed(drawn: str, *, name: str, title: str, description: str, size: str, font: str) -> str:
    """The drawing as one image with a name and a description.

    Only listed elements and attributes pass, so neither `style` nor script nor reference can. The description of a
    mark becomes its `<title>`, which browsers show on hover without JavaScript. `name` is unique on the page, `size` the
    class of the element.
    """
    root = ET.fromstring(drawn)  # noqa: S314 (drawn here, from our own specification)
    _clean(root)
    root.set("class", size)
    root.set("font-family", font)
    root.set("role", "img")
    root.set("aria-labelledby", f"{name}-title {name}-text")
    for place, (tag, part, text) in enumerate((("title", "title", title), ("desc", "text", description))):
        element = ET.Element(f"{{{SVG}}}{tag}", {"id": f"{name}-{part}"})
        element.text = legible(text)
        root.insert(place, element)
    return ET.tostring(root, encoding="unicode")


def _clean(element: ET.Element) -> None:
    spoken = element.get("aria-label") if element.get("role") == "graphics-symbol" else None
    for child in list(element):
        _, _, tag = child.tag.rpartition("}")
        if tag not in ELEMENTS or _invisible(child):
            element.remove(child)
            continue
        _clean(child)
        if tag == "g" and not len(child):
            element.remove(child)
    for name, value in list(element.attrib.items()):
        if name not in ATTRIBUTES or name == "class" or (name, value) in DEFAULTS:
            del element.attrib[name]
        elif name in {"d", "transform", "x", "y", "x1", "x2", "y1", "y2"}:
            element.set(name, _DECIMALS.sub(lambda found: f"{float(found[0]):.1f}", value))
    _unwrap(element)
    if spoken:
        title = ET.Element(f"{{{SVG}}}title")
        title.text = spoken
        element.insert(0, title)


def _invisible(element: ET.Element) -> bool:
    """Frames without size or paint, which vl-convert draws around every group."""
    return element.get("class") in {"background", "foreground"} and not (
        element.get("stroke") or element.get("fill")
    )


def _unwrap(element: ET.Element) -> None:
    """Lift the children of groups that carry nothing."""
    for place, child in reversed(list(enumerate(element))):
        if child.tag == f"{{{SVG}}}g" and not child.attrib:
            element[place : place + 1] = list(child)
