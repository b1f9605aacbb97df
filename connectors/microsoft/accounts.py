"""SharePoint names people by their login, everything else by their id in the directory: which id has which login.

Logins are mail addresses. They are held in memory only, for one run, and asked for in lots.
"""

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from connectors.errors import BadAnswer, ConnectorError, NotThere
from connectors.microsoft.answers import ServerFailed
from connectors.microsoft.rooms import many
from connectors.microsoft.source import Source

_MOST = 50_000


def login(author: object) -> str | None:
    """The user principal name in small letters; None for groups, apps and people who were deleted.

    `i:0#.f|membership|ada@contoso.com` is a claim: the last part names the account, the middle one who vouches for it.
    """
    if not isinstance(author, Mapping):
        return None
    found = str(author.get("userPrincipalName") or author.get("loginName") or "")
    name = found.rpartition("|")[2].strip().lower()
    return name if "@" in name else None


class Accounts:
    """`unknown` are those of whom the platform could not tell this time whether they have an id: nobody knows that they are nobody."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._ids: dict[str, str | None] = {}
        self.unknown: set[str] = set()

    def ids(self, logins: Iterable[str | None]) -> dict[str, str]:
        """The directory ids of those that have one. Who cannot be found is nobody, who fails to be told is `unknown`; all else that goes
        wrong is raised."""
        wanted = sorted({name for name in logins if name is not None})
        if len(self._ids) > _MOST:
            self._ids.clear()
        asking = [name for name in wanted if name not in self._ids]
        # The id of a request inside a batch is a number: names belong in addresses only.
        requests = [
            (str(order), f"/users/{quote(name, safe='@.')}?$select=id") for order, name in enumerate(asking)
        ]
        for order, answer in many(self._source, requests):
            if isinstance(answer, BadAnswer | ServerFailed):
                self.unknown.add(asking[int(order)])
                continue
            self.unknown.discard(asking[int(order)])
            if isinstance(answer, ConnectorError) and not isinstance(answer, NotThere):
                raise answer
            self._ids[asking[int(order)]] = None if isinstance(answer, ConnectorError) else _id(answer)
        return {name: id_ for name in wanted if (id_ := self._ids.get(name)) is not None}

    def require_told(self, logins: Iterable[str | None]) -> None:
        """Raises `BadAnswer` where somebody is `unknown`."""
        if not self.unknown.isdisjoint(logins):
            raise BadAnswer("Graph: who wrote or liked this could not be told")


def _id(answer: Mapping[str, Any]) -> str | None:
    found = answer.get("id")
    return found if isinstance(found, str) and found else None
