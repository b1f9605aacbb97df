"""The truth of a fake Microsoft 365 tenant, and the changes people make to it while the servers run."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from service.demo.microsoft.conversing import Conversations
from service.demo.microsoft.expected import activities
from service.demo.microsoft.things import Group, User
from service.demo.store import Expected


class Tenant(Conversations):
    """Everything the fake servers know; see `State` for its time and its moods."""

    def add_user(
        self,
        login: str,
        name: str | None = None,
        *,
        mail: str | None = None,
        department: str | None = None,
        office: str | None = None,
        company: str | None = None,
        job_title: str | None = None,
        employee_id: str | None = None,
        guest: bool = False,
        enabled: bool = True,
        manager: str | None = None,
    ) -> User:
        """A person. `login` is the part of the user principal name before the @; a guest's has the form #EXT#."""
        mail = mail or f"{login}@{self.name}"
        upn = f"{mail.replace('@', '_')}#EXT#@{self.name}" if guest else f"{login}@{self.name}"
        with self.lock:
            user = User(
                self._next(),
                self.guid("user", login),
                upn,
                name or login.title(),
                mail,
                department,
                office,
                company,
                job_title,
                employee_id,
                guest,
                enabled,
                manager,
            )
            self.users[user.id] = user
            self._touch("users", user.id)
        return user

    def change_user(self, user: str, **changes: object) -> None:
        """Set attributes of a person (`enabled=False` disables, `department=...` moves)."""
        with self.lock:
            for name, value in changes.items():
                if name not in User.__dataclass_fields__:
                    raise AttributeError(f"a user has no {name}")
                setattr(self.users[user], name, value)
            self._touch("users", user)

    def delete_user(self, user: str) -> None:
        with self.lock:
            self.users[user].deleted = True
            for group in self.groups.values():
                if user in group.members or user in group.owners:
                    self.leave(group.id, user)
            self._touch("users", user)

    def add_group(
        self,
        name: str,
        members: Iterable[str] = (),
        owners: Iterable[str] = (),
        *,
        nickname: str | None = None,
        public: bool = False,
        team: bool = False,
        unified: bool = True,
        site: bool = True,
        created: datetime | None = None,
    ) -> Group:
        """A Microsoft 365 group with its site and, if it has a `team`, the channel General. Not `unified`: a security group."""
        nickname = nickname or name.lower().replace(" ", "-")
        with self.lock:
            group = Group(
                self._next(),
                self.guid("group", nickname),
                name,
                nickname,
                public,
                created or self.clock(),
                list(members),
                list(owners),
                team,
                unified=unified,
            )
            self.groups[group.id] = group
            if unified and site:
                group.site = self.add_site(nickname, name, group=group.id, created=group.created).id
            if team:
                self.add_channel(group.id, "General", when=group.created)
            self._touch("groups", group.id)
        return group

    def join(self, group: str, user: str, *, owner: bool = False) -> None:
        with self.lock:
            target = self.groups[group]
            for people in (target.members, target.owners) if owner else (target.members,):
                if user not in people:
                    people.append(user)
            self._touch("groups", group)

    def leave(self, group: str, user: str) -> None:
        with self.lock:
            target = self.groups[group]
            target.members = [member for member in target.members if member != user]
            target.owners = [owner for owner in target.owners if owner != user]
            self._touch("groups", group)

    def archive(self, group: str) -> None:
        """The team is closed: it can be read, but nobody writes any more."""
        with self.lock:
            self.groups[group].archived = True
            self._touch("groups", group)

    def delete_group(self, group: str) -> None:
        """The group and all that belongs to it is gone."""
        with self.lock:
            self.groups[group].deleted = True
            self.groups[group].refusal = 404
            site = self.groups[group].site
            if site is not None:
                self.sites[site].refusal = 404
                self._touch("sites", site)
            self._touch("groups", group)

    def refuse(self, room: str, status: int | None = 403) -> None:
        """The app loses access to a group (and its site) or a site; None gives it back."""
        with self.lock:
            if room in self.groups:
                self.groups[room].refusal = status
                room = self.groups[room].site or room
            if room in self.sites:
                self.sites[room].refusal = status
            self.revision += 1

    def activities(self) -> Iterator[Expected]:
        """What a complete collection with all permissions must bring now (see `expected`)."""
        return activities(self)

    def find(self, address: str) -> User | None:
        """The person with that mail address or user principal name."""
        wanted = address.lower()
        return next(
            (user for user in self.users.values() if wanted in {user.upn.lower(), (user.mail or "").lower()}),
            None,
        )
