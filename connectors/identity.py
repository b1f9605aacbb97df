"""The id of a person that is shared across platforms: which one the admin chose, and what part of it counts."""

import re

from connectors.errors import Misconfigured


def identity_pattern(given: str | None) -> re.Pattern[str] | None:
    """Compile the setting `identity_pattern`. Raises `Misconfigured` unless it is an expression with a group."""
    if given is None:
        return None
    try:
        pattern = re.compile(given)
    except re.error as error:
        raise Misconfigured(f"`identity_pattern` is no regular expression: {error}") from None
    if pattern.groups < 1:
        raise Misconfigured(
            "`identity_pattern` needs one group in brackets that gives the shared part, such as ^([^@]+)@"
        )
    return pattern


def canonical(shown: str | None, pattern: re.Pattern[str] | None = None) -> str | None:
    """The shared id in what the platform shows: lower-cased, without space around; None where nothing is left of it."""
    text = (shown or "").strip()
    if pattern is not None:
        match = pattern.search(text)
        text = (match.group(1) or "").strip() if match else ""
    return text.lower() or None
