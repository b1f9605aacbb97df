"""The colours of the charts. Each has a dark counterpart in `static/resonanz.css`, chosen by attribute."""

SURFACE = "#ffffff"
INK = "#1b2733"
MUTED = "#4f5d6b"
GRID = "#e3e8ed"

LINE = "#0a6a73"
SECOND = "#8a4fa0"
BAND = "#bfdfe0"
MILESTONE = "#9a4a00"
HIDDEN = "#eef1f4"
HIDDEN_INK = "#5a6673"

ORDERED = ("#0b3954", "#0a7480", "#4a8f6b", "#7f8c99")
"""For parts of a whole in a meaningful order, dark to light, so that they stay apart in grey."""

HEAT = ("#e3f1f1", "#b3d9da", "#6fb3b8", "#1f757c", "#0b4f57")
HEAT_INK = (INK, INK, INK, "#f7fbfb", "#f7fbfb")
"""From little to much, and what is written on it."""
HATCH = "#77838f"

TEXT = (INK, MUTED, MILESTONE, HIDDEN_INK)
GRAPHICS = (LINE, SECOND, MILESTONE, HATCH, *ORDERED)
"""What a reader must tell from the background: at least 3 : 1 (WCAG 2.2, 1.4.11); text 4.5 : 1 (1.4.3)."""

ALL = dict.fromkeys(
    (INK, MUTED, GRID, LINE, SECOND, BAND, MILESTONE, HIDDEN, HIDDEN_INK, HATCH, *ORDERED, *HEAT, *HEAT_INK)
)
