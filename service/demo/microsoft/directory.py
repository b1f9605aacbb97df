"""Graph's people, groups, communities and group mail."""

import re
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.routing import Route

from service.demo.microsoft.deltas import Deltas
from service.demo.microsoft.protected import Protected, by_order, held, selected
from service.demo.microsoft.shapes import Shapes
from service.demo.microsoft.things import Group
from service.demo.serving import Answer

_PEOPLE = ("User.Read.All", "Directory.Read.All")
_MEMBERS = ("GroupMember.Read.All", "Group.Read.All", "Directory.Read.All")


class Directory:
    def __init__(self, server: Protected, shapes: Shapes, deltas: Deltas) -> None:
        self._server, self._shapes, self._deltas = server, shapes, deltas
        self._tenant = server.tenant

    def routes(self) -> list[Route]:
        reads = self._server.reads
        return [
            reads("/organization", self._organisation),
            reads("/users", self._users, *_PEOPLE),
            reads("/users/delta", self._users_delta, *_PEOPLE),
            reads("/users/{user}", self._user, *_PEOPLE),
            reads("/users/{user}/manager", self._manager, *_PEOPLE),
            reads("/groups", self._groups, *_MEMBERS),
            reads("/groups/delta", self._groups_delta, *_MEMBERS),
            reads("/groups/{group}", self._group, *_MEMBERS),
            reads("/groups/{group}/members", self._members, *_MEMBERS),
            reads("/groups/{group}/transitiveMembers", self._members, *_MEMBERS),
            reads("/groups/{group}/owners", self._owners, *_MEMBERS),
            reads("/admin/reportSettings", self._report_settings, "ReportSettings.Read.All"),
        ]

    def group(self, request: Request) -> Group:
        """The group named in the path; 404 if there is none, or the refusal the tenant set for it."""
        group = self._tenant.groups.get(request.path_params["group"])
        if group is None or group.deleted:
            raise HTTPException(404, "Request_ResourceNotFound")
        if group.refusal is not None:
            raise HTTPException(
                group.refusal, "accessDenied" if group.refusal == 403 else "Request_ResourceNotFound"
            )
        return group

    # -- people ----------------------------------------------------------------------------------------------------------

    def _organisation(self, request: Request) -> Answer:
        domains = [{"name": self._tenant.name, "isDefault": True, "isInitial": True}]
        return {"value": [{"id": self._tenant.id, "displayName": "Auental", "verifiedDomains": domains}]}

    def _users(self, request: Request) -> Answer:
        wanted = _user_filter(self._server.asked(request).get("$filter"))
        people = by_order(user for user in self._tenant.users.values() if not user.deleted and wanted(user))
        return self._server.page(request, people, self._shapes.user)

    def _user(self, request: Request) -> Answer:
        wanted = request.path_params["user"]
        user = self._tenant.users.get(wanted) or self._tenant.find(wanted)
        if user is None or user.deleted:
            raise HTTPException(404, "Request_ResourceNotFound")
        return selected(self._shapes.user(user), dict(request.query_params))

    def _manager(self, request: Request) -> Answer:
        user = self._tenant.users.get(request.path_params["user"])
        above = self._tenant.users.get(user.manager or "") if user else None
        if above is None:
            raise HTTPException(404, "Request_ResourceNotFound")
        return selected(self._shapes.user(above), dict(request.query_params))

    def _users_delta(self, request: Request) -> Answer:
        if "$expand" in request.query_params:
            raise HTTPException(400, "Request_UnsupportedQuery")

        def row(id_: str, query: dict[str, str], fresh: bool) -> dict[str, Any] | None:
            user = self._tenant.users[id_]
            if user.deleted:
                return None if fresh else {"id": id_, "@removed": {"reason": "changed"}}
            shape = self._shapes.user(user)
            if user.manager:
                shape["manager@delta"] = [{"@odata.type": "#microsoft.graph.user", "id": user.manager}]
            return shape

        return self._deltas.answer(request, "users", row, "directory", size=100)

    # -- groups ----------------------------------------------------------------------------------------------------------

    def _groups(self, request: Request) -> Answer:
        wanted = _group_filter(self._server.asked(request).get("$filter"))
        groups = by_order(
            group for group in self._tenant.groups.values() if not group.deleted and wanted(group)
        )
        return self._server.page(request, groups, self._shapes.group)

    def _groups_delta(self, request: Request) -> Answer:
        def row(id_: str, query: dict[str, str], fresh: bool) -> dict[str, Any] | None:
            group = self._tenant.groups[id_]
            if group.deleted:
                return None if fresh else {"id": id_, "@removed": {"reason": "changed"}}
            shape = self._shapes.group(group)
            for name, people in (("members@delta", group.members), ("owners@delta", group.owners)):
                shape[name] = [{"@odata.type": "#microsoft.graph.user", "id": person} for person in people]
            return shape

        return self._deltas.answer(request, "groups", row, "directory", size=100)

    def _group(self, request: Request) -> Answer:
        return selected(self._shapes.group(self.group(request)), dict(request.query_params))

    def _members(self, request: Request) -> Answer:
        return self.people(request, self.group(request).members)

    def _owners(self, request: Request) -> Answer:
        return self.people(request, self.group(request).owners)

    def people(self, request: Request, ids: list[str]) -> Answer:
        people = by_order(self._tenant.users[id_] for id_ in ids)
        knows = set(_PEOPLE) & held(request)

        def shape(user: Any) -> dict[str, Any]:
            whole = self._shapes.user(user)
            return whole if knows else {"@odata.type": whole["@odata.type"], "id": user.id}

        return self._server.page(request, people, shape)

    def _report_settings(self, request: Request) -> Answer:
        return {"displayConcealedNames": self._tenant.concealed}


def _user_filter(text: str | None) -> Any:
    if text is None:
        return lambda user: True
    equal = re.fullmatch(r"(mail|userPrincipalName|employeeId) eq '((?:[^']|'')*)'", text)
    if equal is None:
        raise HTTPException(400, "Request_UnsupportedQuery")
    name = {"mail": "mail", "userPrincipalName": "upn", "employeeId": "employee_id"}[equal[1]]
    value = equal[2].replace("''", "'").lower()
    return lambda user: (getattr(user, name) or "").lower() == value


def _group_filter(text: str | None) -> Any:
    if text is None:
        return lambda group: True
    if re.fullmatch(r"groupTypes/any\((\w+):\s*\1 eq 'Unified'\)", text, re.IGNORECASE):
        return lambda group: group.unified
    if re.fullmatch(r"resourceProvisioningOptions/any\((\w+):\s*\1 eq 'Team'\)", text, re.IGNORECASE):
        return lambda group: group.team
    raise HTTPException(400, "Request_UnsupportedQuery")
