"""What the audit log keeps of an OData expression: its shape, and of what was typed into it only what is ours.

A value in quotes could be a name. So words are kept if they are properties, operators or functions, and values if `ours` knows them;
everything else is `(other)`.
"""

import re
from collections.abc import Callable, Collection

OPTIONS = frozenset({"$filter", "$select", "$orderby", "$top", "$skip", "$count", "entity_key"})
WORDS = frozenset(
    {"eq", "ne", "gt", "ge", "lt", "le", "in", "and", "or", "not", "null", "true", "false", "asc", "desc"}
    | {"contains", "startswith", "endswith", "tolower", "toupper", "trim", "length", "year", "month", "day"}
)
PART = re.compile(r"'((?:[^']|'')*)'|([A-Za-z_]\w*)|([0-9][0-9T:.Z+-]*)|([(),=])|\s+|.", re.DOTALL)
VALUE = re.compile(r"[0-9]{1,9}|[0-9]{1,9}\.[0-9]{1,9}|[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9:.]{5,15}Z)?")
LONGEST = 300


def shape(text: str, names: Collection[str], ours: Callable[[str], bool], other: str) -> str:
    """The expression with `other` in the place of what is not ours, cut off after a few hundred letters. `names` are properties."""
    kept: list[str] = []
    for match in PART.finditer(text[: 4 * LONGEST]):
        quoted, word, number, mark = match.groups()
        if quoted is not None:
            value = quoted.replace("''", "'")
            kept.append(f"'{value}'" if not value or ours(value) else other)
        elif word is not None:
            kept.append(word if word in WORDS or word in names else other)
        elif number is not None:
            kept.append(number if VALUE.fullmatch(number) else other)
        elif mark is not None:
            kept.append(mark)
        elif not match[0].isspace():
            kept.append(other)
    return " ".join(kept)[:LONGEST]
