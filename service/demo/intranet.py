"""The company's platforms as running servers: an intranet in Confluence Cloud, a wiki in Data Center, Microsoft 365."""

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from service.demo.company import UNIT_GROUPS, Company
from service.demo.confluence_cloud import Cloud
from service.demo.confluence_data_center import DataCenter
from service.demo.microsoft import MicrosoftCloud
from service.demo.microsoft.workplace import Workplace
from service.demo.organisation import Purpose
from service.demo.serving import Server

_READER = "Resonanz-Leser"
_ADDRESS: dict[str, Any] = {"identity": "mail", "identity_pattern": "^([^@]+)@"}
"""What stands before the @ of an address is the user name in the wiki, which shows no addresses."""


@dataclass(frozen=True, slots=True)
class Connection:
    """What it takes to connect one of the servers as a source.

    `purposes` holds the declared purpose of each room by its handle, `rooms` how many rooms the reading account sees
    (personal spaces not counted).
    """

    key: str
    settings: dict[str, Any]
    purposes: dict[str, Purpose]
    rooms: int


class Intranet:
    """Starts all servers on free ports of the loopback interface; credentials go into `directory`, mode 0600.

    Without a `workplace` there is no Microsoft 365.
    """

    def __init__(
        self,
        directory: Path,
        *,
        company: Company | None = None,
        seed: int = 7,
        until: date | None = None,
        workplace: Workplace | None = None,
    ) -> None:
        self.company = company or Company.generate(seed, until=until or date.today())  # noqa: DTZ011
        self._directory = directory
        reader = next(person for person in self.company.people if person.name == _READER)
        self.cloud = Cloud(
            self.company.stores["intranet"], token=_token("intranet"), reader=reader.ids["intranet"]
        )
        self.data_center = DataCenter(
            self.company.stores["wiki"], token=_token("wiki"), reader=reader.ids["wiki"]
        )

        self.workplace = workplace
        self.microsoft = MicrosoftCloud(workplace.tenant) if workplace else None

    @property
    def name(self) -> str:
        return self.company.name

    @property
    def relaunch(self) -> date:
        return self.company.relaunch

    @property
    def connections(self) -> tuple[Connection, ...]:
        """The intranet (Cloud), the wiki (Data Center) and, with a workplace, the office (Microsoft 365)."""
        return (
            self._connection("intranet", "cloud", self.cloud),
            self._connection("wiki", "data-center", self.data_center),
            *self._office(),
        )

    def advance(self, to: datetime) -> None:
        """See `Company.advance`."""
        self.company.advance(to)
        if self.workplace is not None:
            self.workplace.advance(to)

    def start(self) -> Self:
        self._directory.mkdir(parents=True, exist_ok=True)
        for name, server in self._servers():
            file = self._token_file(name)
            file.touch(mode=0o600)
            file.chmod(0o600)
            file.write_text(server.token + "\n", encoding="ascii")
            server.start()
        if self.microsoft is not None:
            self.microsoft.start()
        return self

    def stop(self) -> None:
        for _, server in self._servers():
            server.stop()
        if self.microsoft is not None:
            self.microsoft.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _office(self) -> tuple[Connection, ...]:
        if self.workplace is None or self.microsoft is None:
            return ()
        settings = self.microsoft.settings(self._directory, **_ADDRESS, leadership=["^Vorstand", "^Leitung"])
        return (Connection("office", settings, self.workplace.purposes, self.workplace.rooms),)

    def _servers(self) -> tuple[tuple[str, Server], ...]:
        return (("intranet", self.cloud), ("wiki", self.data_center))

    def _token_file(self, name: str) -> Path:
        return self._directory / f"{name}.token"

    def _connection(self, name: str, flavour: str, server: Server) -> Connection:
        more: dict[str, Any] = {}
        if flavour == "data-center":
            # Data Center does not tell machines from people: an admin names the accounts.
            more["service_accounts"] = [
                person.username for person in self.company.people if person.kind == "app"
            ]
        return Connection(
            name,
            {
                "connector": "confluence",
                "url": server.url,
                "flavour": flavour,
                "token_file": str(self._token_file(name)),
                # Where there is a directory of the company, it knows the departments better than groups do.
                **({"unit_groups": UNIT_GROUPS} if self.workplace is None else {}),
                **(_ADDRESS if flavour == "cloud" else {"identity": "username"}),
                **more,
            },
            {
                key: plan.purpose
                for (platform, key), plan in self.company.plans.items()
                if platform == name and key in server.store.spaces
            },
            sum(space.listed and space.type != "personal" for space in server.store.spaces.values()),
        )


def _token(name: str) -> str:
    """A credential that opens nothing but the synthetic server of that name, on this machine."""
    return f"synthetic-{name}"
