"""Account ids for the mail addresses by which messages name their senders."""

from collections.abc import Iterable
from urllib.parse import quote

from connectors.activity import Person, PersonKind
from connectors.errors import BadAnswer, ConnectorError
from connectors.identity import canonical
from connectors.microsoft.answers import ServerFailed
from connectors.microsoft.rooms import many
from connectors.microsoft.source import Source


class Senders:
    """Account ids for mail addresses, in memory only.

    `unknown` are those of which the platform could not tell whose they are this time: what they sent waits for another try. Taken
    for strangers they would be counted as other people than they are.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self._ids: dict[str, str] = {}
        self.unknown: set[str] = set()

    def id_of(self, address: str | None) -> str | None:
        return None if address is None else self._ids.get(address, address)

    def people(self, addresses: Iterable[str]) -> list[Person]:
        """Look up addresses; returns the senders that have no account here, each once. Afterwards `unknown` tells who was looked up in vain."""
        new = sorted(set(addresses) - self._ids.keys())
        strangers = []
        requests = [
            (address, f"/users?$filter={quote(_filter(address))}&$select=id,mail&$top=1") for address in new
        ]
        for address, answer in many(self._source, requests):
            if isinstance(answer, BadAnswer | ServerFailed):
                self.unknown.add(address)
                continue
            self.unknown.discard(address)
            rows = () if isinstance(answer, ConnectorError) else answer.get("value") or ()
            found = next((row.get("id") for row in rows if _same(row.get("mail"), address)), None)
            self._ids[address] = str(found) if found else address
            if not found:
                # Where users may not be asked for, nobody knows whether it is one of ours.
                kind = None if isinstance(answer, ConnectorError) else PersonKind.GUEST
                pattern = self._source.settings.identity_pattern
                strangers.append(Person(address, kind, canonical=canonical(address, pattern)))
        return strangers


def _filter(address: str) -> str:
    return "mail eq '{}'".format(address.replace("'", "''"))


def _same(shown: object, address: str) -> bool:
    return isinstance(shown, str) and shown.strip().lower() == address
