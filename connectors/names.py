"""Names of things in Microsoft 365 that its interfaces and its records both give, whichever of them tells: pure functions.

A site is named by the ids of its collection and its web, a page, list item or file by its unique id in SharePoint, and both by their
address where there is no id. Addresses hold titles, so only a hash of one leaves this module.
"""

import re
from hashlib import blake2b
from urllib.parse import unquote, urlsplit


def guid(given: object) -> str | None:
    """A GUID in small letters without braces; None for anything else, and for the one of zeros that says nothing."""
    shown = str(given or "").strip("{} ").lower()
    valid = re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", shown) and shown.strip("0-")
    return shown if valid else None


def item(unique_id: str) -> str:
    """A page, list item or file by SharePoint's unique id (`ListItemUniqueId`, `listItemUniqueId`)."""
    return f"item:{unique_id}"


def site(collection: str, web: str | None = None) -> str:
    """A site by the GUIDs of its collection and its web; without `web` whatever the collection consists of."""
    return f"site:{collection},{web}" if web else f"site:{collection}"


def address(url: object) -> str | None:
    """A site or content by its address, whatever case, escapes, query and last slash; None if it is no address."""
    try:
        parts = urlsplit(str(url or "").strip())
    except ValueError:
        return None
    if not parts.hostname:
        return None
    shown = f"{parts.hostname}{unquote(parts.path).rstrip('/')}".casefold()
    return f"address:{blake2b(shown.encode('utf-8', 'replace'), digest_size=12).hexdigest()}"


def community(name: str) -> str:
    """A Viva Engage community by its name, as reports tell it."""
    return f"community:{blake2b(name.casefold().encode(), digest_size=8, person=b'community').hexdigest()}"
