"""What is copied into other systems: the link, the frame, the component, the tab of a Teams app, and the header that goes with them."""

import json
from dataclasses import dataclass
from html import escape
from urllib.parse import urlsplit

from service.embeds.hosts import ancestors
from service.models import Embed

POLICY = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; "
HEIGHT = 680
"""In pixels: enough for every card at 400 px of width with its table closed; a longer one scrolls inside its frame."""


def policy(hosts: list[str]) -> str:
    """The Content-Security-Policy of an embed's page."""
    return POLICY + ancestors(hosts)


@dataclass(frozen=True)
class Snippets:
    """All that is copied of one embed; `title` names the frame for those who do not see it."""

    url: str
    title: str
    header: str
    frame: str
    plain_frame: str
    component: str
    tab: str


def snippets(embed: Embed, hosts: list[str], base: str, path: str, title: str) -> Snippets:
    """`base` is the address of the service as readers reach it, `path` the signed path, `hosts` those that are still allowed."""
    url = base.rstrip("/") + path
    address, name = escape(url), escape(title)
    plain = f'<iframe src="{address}" title="{name}" width="100%" height="{HEIGHT}"></iframe>'
    extra = 'loading="lazy" referrerpolicy="no-referrer" sandbox="allow-popups allow-top-navigation-by-user-activation"'
    script = escape(f"{base.rstrip('/')}/static/resonanz-card.js")
    tab = {
        "staticTabs": [
            {
                "entityId": f"resonanz-{embed.handle}",
                "name": title[:128],
                "contentUrl": url,
                "scopes": ["personal"],
            }
        ],
        "validDomains": [urlsplit(url).netloc],
    }
    return Snippets(
        url=url,
        title=title,
        header=f"Content-Security-Policy: {policy(hosts)}",
        frame=plain.replace("></iframe>", f" {extra}></iframe>"),
        plain_frame=plain,
        component=f'<script type="module" src="{script}"></script>\n<resonanz-card src="{address}" lang="{embed.locale}"></resonanz-card>',
        tab=json.dumps(tab, ensure_ascii=False, indent=2),
    )
