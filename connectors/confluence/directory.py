"""Who and where: spaces, groups, their members, and who may read a space. Read once per connector, when first needed."""

import re
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from connectors.activity import Members, Person, PersonKind, Room
from connectors.confluence.mapping import reason
from connectors.confluence.platform import Account, Grant, Group, Platform, Principal, Space
from connectors.confluence.settings import Identity, Settings
from connectors.confluence.transport import Transport
from connectors.errors import AccessDenied, BadAnswer, ConnectorError, NotThere
from connectors.identity import canonical

_EVERYBODY = re.compile(
    r"(confluence-users(-.+)?|_licensed-confluence|site-users|everyone|all-users)$", re.IGNORECASE
)
"""Groups that by convention hold every account with a licence."""
_REMEMBERED = 50_000


class Directory:
    def __init__(self, platform: Platform, transport: Transport, settings: Settings) -> None:
        self._platform, self._transport, self._settings = platform, transport, settings
        self._spaces: dict[str, Space] | None = None
        self._people: dict[str, Person] | None = None
        self._groups: dict[str, frozenset[str]] = {}
        self._group_names: dict[str, str] = {}
        self._grants: dict[str, Sequence[Grant] | None] = {}
        self._refused: dict[str, str] | None = None
        self._rooms_of: OrderedDict[str, str] = OrderedDict()
        self.unread_grants: dict[str, str] = {}
        """Why the permissions of a room could not be read, where it is more than that they are not shown."""
        self.unread_groups: str | None = None
        """Why groups or their members could not all be read, as the reason of a gap."""

    # -- spaces --------------------------------------------------------------------------------------------------------

    def spaces(self) -> dict[str, Space]:
        """Every listed space by id, personal ones too."""
        if self._spaces is None:
            self._spaces = {space.id: space for space in self._platform.spaces()}
        return self._spaces

    def rooms(self) -> dict[str, Space]:
        """The listed spaces that count as rooms, whether their contents may be read or not."""
        return {
            id_: space
            for id_, space in self.spaces().items()
            if self._settings.include_personal or not space.personal
        }

    def refused(self) -> dict[str, str]:
        """Why rooms that are listed are nevertheless closed; empty until `grants` has looked."""
        return self._refused or {}

    def open_rooms(self) -> dict[str, Space]:
        return {id_: space for id_, space in self.rooms().items() if id_ not in self.refused()}

    def is_personal(self, room: str) -> bool:
        space = self.spaces().get(room)
        return space is not None and space.personal and not self._settings.include_personal

    def grants(self) -> dict[str, Sequence[Grant] | None]:
        """Who may read each room; None where that is not shown to the account. One request per room."""
        if self._refused is None:
            self._refused = {}
            for space, found in self._transport.each(self._platform.grants, list(self.rooms().values())):
                if isinstance(found, ConnectorError):
                    self._grants[space.id] = None
                    self.unread_grants[space.id] = reason(found)
                    if isinstance(found, AccessDenied | NotThere):
                        self._refused[space.id] = reason(found)
                else:
                    self._grants[space.id] = found
        return self._grants

    def room(self, space: Space) -> Room:
        open_ = self._is_open(self.grants().get(space.id))
        return Room(
            key=space.id,
            handle=space.key,
            name=space.name if open_ else None,
            open=open_,
            created=space.created,
            archived=space.archived,
        )

    def _is_open(self, grants: Sequence[Grant] | None) -> bool | None:
        """Whether (nearly) everybody may read: anybody, an all-users group, or groups that each hold half of all people."""
        if grants is None:
            return None
        humans = {
            person.id
            for person in self.people().values()
            if person.active and person.kind is PersonKind.HUMAN
        }
        for grant in grants:
            if grant.principal is Principal.ANYONE:
                return True
            if grant.principal is Principal.GROUP:
                if _EVERYBODY.match(self._group_names.get(grant.id, grant.id)):
                    return True
                if humans and 2 * len(humans & self._groups.get(grant.id, frozenset())) >= len(humans):
                    return True
        return False

    def members(self, space: Space) -> Members | None:
        """Everybody who may read a room, groups expanded; None where that is not shown to the account."""
        grants = self.grants().get(space.id)
        if grants is None:
            return None
        self.people()
        people: set[str] = set()
        owners: set[str] = set()
        complete = True
        for grant in grants:
            if grant.principal is Principal.USER:
                holders: Iterable[str] = (grant.id,)
            elif grant.principal is Principal.GROUP and grant.id in self._groups:
                holders = self._groups[grant.id]
            else:
                complete = complete and grant.principal is Principal.ANYONE
                continue
            people.update(holders)
            if grant.owner:
                owners.update(holders)
        return Members(space.id, frozenset(people), frozenset(owners), complete)

    # -- people --------------------------------------------------------------------------------------------------------

    def people(self) -> dict[str, Person]:
        """Everybody in a readable group, with unit and kind."""
        if self._people is None:
            self._people = {}
            self._read_groups(self._people)
        return self._people

    def _read_groups(self, people: dict[str, Person]) -> None:
        try:
            groups = sorted(self._platform.groups(), key=lambda group: group.name)
        except (AccessDenied, NotThere, BadAnswer) as error:
            self.unread_groups = reason(error)
            return
        for group, found in self._transport.each(self._platform.members, groups):
            self._group_names[group.id] = group.name
            if isinstance(found, ConnectorError):
                self.unread_groups = reason(found)
                continue
            self._groups[group.id] = frozenset(account.id for account in found)
            unit = self._unit(group)
            for account in found:
                known = people.get(account.id)
                if known is None or (known.unit is None and unit is not None):
                    people[account.id] = self.person(account, unit)

    def _unit(self, group: Group) -> str | None:
        pattern = self._settings.unit_groups
        match = pattern.search(group.name) if pattern else None
        return match.group(1) or None if match else None

    def person(self, account: Account, unit: str | None = None) -> Person:
        kind = PersonKind.HUMAN
        if account.app or self._is_service(account):
            kind = PersonKind.SERVICE
        elif account.guest:
            kind = PersonKind.GUEST
        return Person(account.id, kind, account.active, unit, canonical=self._canonical(account))

    def _canonical(self, account: Account) -> str | None:
        shown = {
            None: None,
            Identity.USERNAME: account.username,
            Identity.MAIL: account.mail,
            Identity.ACCOUNT_ID: account.id,
        }[self._settings.identity]
        return canonical(shown, self._settings.identity_pattern)

    def _is_service(self, account: Account) -> bool:
        names = [name.lower() for name in account.names]
        return any(
            fnmatchcase(name, pattern) for pattern in self._settings.service_accounts for name in names
        )

    def newcomers(self, shown: Iterable[Account], ids: Iterable[str]) -> list[Person]:
        """People met as authors who are in no readable group; each is told once."""
        people = self.people()
        accounts = {account.id: account for account in shown if account.id not in people}
        unknown = sorted({id_ for id_ in ids if id_ not in people and id_ not in accounts})
        if unknown:
            try:
                accounts |= {account.id: account for account in self._platform.accounts(unknown)}
            except (AccessDenied, NotThere, BadAnswer):
                accounts |= {id_: Account(id_) for id_ in unknown}
        found = [self.person(account) for account in accounts.values()]
        people.update((person.id, person) for person in found)
        for id_ in unknown:
            people.setdefault(id_, Person(id_))
        return found

    # -- where threads are ---------------------------------------------------------------------------------------------

    def remember(self, content: str, room: str) -> None:
        """Keep the room of a page or post for the comments that follow; only the latest are kept."""
        self._rooms_of[content] = room
        if len(self._rooms_of) > _REMEMBERED:
            self._rooms_of.popitem(last=False)

    def room_of(self, content: str) -> str | None:
        return self._rooms_of.get(content)
