"""The servers of a fake Microsoft 365, started together."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from service.demo.microsoft.graph import Graph
from service.demo.microsoft.login import Application, Login, write_certificate
from service.demo.microsoft.management import Management
from service.demo.microsoft.reports import Reports
from service.demo.microsoft.sharepoint import SharePoint
from service.demo.microsoft.tenant import Tenant
from service.demo.serving import Server

SECRET = "synthetic-secret"  # noqa: S105


class MicrosoftCloud:
    """Login, Graph, SharePoint, reports and audit feed of one tenant, each on a free port of the loopback interface.

    `application` is the registered app; change its roles, or the `faults` of any server, at any time.
    """

    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant
        self.application = Application(tenant.guid("application"), secret=SECRET)
        self.login = Login(tenant, self.application)
        self.sharepoint = SharePoint(tenant, self.login)
        self.management = Management(tenant, self.login)
        self.reports = Reports(tenant)
        self.graph = Graph(tenant, self.login, self.sharepoint, self.reports)

    @property
    def servers(self) -> tuple[Server, ...]:
        return (self.login, self.sharepoint, self.management, self.reports, self.graph)

    def start(self) -> Self:
        with ExitStack() as started:
            for server in self.servers:
                started.enter_context(server)
            started.pop_all()
        self.introduce()
        return self

    def introduce(self) -> None:
        """Tells the sign-in the addresses tokens are asked for; to be repeated when a proxy is put before the servers."""
        self.login.resources |= {
            self.graph.origin: "graph",
            self.sharepoint.origin: "sharepoint",
            self.management.origin: "management",
        }

    def stop(self) -> None:
        # Side by side: each waits for its own connections to end.
        with ThreadPoolExecutor(len(self.servers)) as pool:
            list(pool.map(Server.stop, self.servers))

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def settings(
        self, directory: Path, proof: Literal["certificate", "secret"] = "certificate", **more: Any
    ) -> dict[str, Any]:
        """What connects a source; the credential is written into `directory`, mode 0600."""
        directory.mkdir(parents=True, exist_ok=True)
        if proof == "certificate":
            file = directory / "microsoft.pem"
            write_certificate(self.application, file)
            credential = {"certificate_file": str(file)}
        else:
            file = directory / "microsoft.secret"
            file.touch(mode=0o600)
            file.write_text(SECRET + "\n", encoding="ascii")
            credential = {"secret_file": str(file)}
        return {
            "connector": "microsoft-365",
            "tenant": self.tenant.id,
            "client_id": self.application.id,
            **credential,
            "authority": self.login.origin,
            "graph_url": self.graph.origin,
            "sharepoint_url": self.sharepoint.origin,
            "management_url": self.management.origin,
            **more,
        }
