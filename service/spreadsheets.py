"""What has to be minded wherever a spreadsheet may open a file of ours."""

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a text begins with that a spreadsheet computes (OWASP, CSV injection)."""


def quoted(text: str) -> str:
    """The text, with a quote before it where a spreadsheet would compute it."""
    return f"'{text}" if text.startswith(FORMULA) else text
