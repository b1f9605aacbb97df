"""What Microsoft counts for its usage reports, as rows by column."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any

from service.demo.microsoft.state import HOST
from service.demo.microsoft.tenant import Tenant
from service.demo.microsoft.things import Group, Item, Message

Row = dict[str, Any]
Report = tuple[tuple[str, ...], Callable[[date, date], Iterable[Row]]]


class Usage:
    """`reports` gives by name the columns of a report and its rows for a first and a last day."""

    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant
        self.reports: dict[str, Report] = {
            "getSharePointSiteUsageDetail": (_SITES, self._sites),
            "getSharePointActivityUserDetail": (_SITE_USERS, self._site_users),
            "getSharePointActivityPages": (_PAGES, self._pages),
            "getSharePointActivityFileCounts": (_FILES, self._files),
            "getTeamsTeamActivityDetail": (_TEAMS, self._teams),
            "getTeamsUserActivityUserDetail": (_TEAM_USERS, self._team_users),
            "getYammerGroupsActivityDetail": (_COMMUNITIES, self._communities),
            "getOffice365GroupsActivityDetail": (_GROUPS, self._groups),
        }

    def _sites(self, first: date, last: date) -> Iterator[Row]:
        for site in self.tenant.sites.values():
            if site.personal:
                continue
            items = [
                item
                for id_ in site.lists
                for item in self.tenant.lists[id_].items.values()
                if not item.deleted
            ]
            pages = [item for item in items if item.kind == "page"]
            files = [item for item in items if item.kind == "file"]
            group = self.tenant.groups.get(site.group or "")
            owner = self.tenant.users.get(group.owners[0]) if group and group.owners else None
            moments = [version.when for item in items for version in item.versions]
            yield {
                "Site Id": "00000000-0000-0000-0000-000000000000"
                if self.tenant.concealed
                else site.collection,
                "Site URL": "" if self.tenant.concealed else f"https://{HOST}/sites/{site.path}",
                "Owner Display Name": self._name(group.name if group else "System Account"),
                "Owner Principal Name": self._name(owner.upn if owner else ""),
                "Is Deleted": str(site.refusal == 404),
                "Last Activity Date": _latest(moments, last),
                "File Count": len(pages) + len(files),
                "Active File Count": sum(
                    any(_within(version.when, first, last) for version in item.versions) for item in files
                ),
                "Page View Count": sum(item.views for item in pages),
                "Visited Page Count": sum(item.views > 0 for item in pages),
                "Storage Used (Byte)": 1024 * len(items),
                "Storage Allocated (Byte)": 27487790694400,
                "Root Web Template": "Group" if group else "SitePagePublishing",
            }

    def _site_users(self, first: date, last: date) -> Iterator[Row]:
        edits: Counter[str | None] = Counter()
        for list_ in self.tenant.lists.values():
            for item in list_.items.values():
                edits.update(version.by for version in item.versions if _within(version.when, first, last))
        for user in self.tenant.users.values():
            yield {
                "User Principal Name": self._name(user.upn),
                "Is Deleted": str(user.deleted),
                "Viewed Or Edited File Count": edits[user.id],
                "Synced File Count": 0,
                "Shared Internally File Count": 0,
                "Shared Externally File Count": 0,
                "Visited Page Count": 0,
                "Assigned Products": "MICROSOFT 365 E3",
            }

    def _spoken(self, group: Group, first: date, last: date) -> list[Message]:
        return [
            message
            for id_ in group.channels
            for message in self.tenant.channels[id_].messages.values()
            if message.type == "message" and _within(message.created, first, last)
        ]

    def _teams(self, first: date, last: date) -> Iterator[Row]:
        for group in self.tenant.groups.values():
            if not group.team or group.deleted:
                continue
            messages = self._spoken(group, first, last)
            replies = sum(message.reply_to is not None for message in messages)
            yield {
                "Team Name": self._name(group.name),
                "Team Id": self._name(group.id),
                "Team Type": "Public" if group.public else "Private",
                "Last Activity Date": _latest([message.modified for message in messages], last),
                "Active Users": len({message.by for message in messages if message.by}),
                "Active Channels": len({message.channel for message in messages}),
                "Guests": sum(self.tenant.users[member].guest for member in group.members),
                "Reactions": sum(
                    _within(reaction.when, first, last)
                    for id_ in group.channels
                    for message in self.tenant.channels[id_].messages.values()
                    for reaction in message.reactions
                ),
                "Meetings Organized": 0,
                "Post Messages": len(messages) - replies,
                "Reply Messages": replies,
                "Channel Messages": len(messages),
                "Urgent Messages": 0,
                "Mentions": 0,
                "Active Shared Channels": 0,
                "Active External Users": 0,
            }

    def _team_users(self, first: date, last: date) -> Iterator[Row]:
        posts: Counter[str | None] = Counter()
        replies: Counter[str | None] = Counter()
        for group in self.tenant.groups.values():
            for message in self._spoken(group, first, last):
                (replies if message.reply_to else posts)[message.by] += 1
        for user in self.tenant.users.values():
            yield {
                "Tenant Display Name": self.tenant.name,
                "User Id": self._name(user.id),
                "User Principal Name": self._name(user.upn),
                "Is Deleted": str(user.deleted),
                "Assigned Products": "MICROSOFT 365 E3",
                "Team Chat Message Count": posts[user.id] + replies[user.id],
                "Private Chat Message Count": 0,
                "Post Messages": posts[user.id],
                "Reply Messages": replies[user.id],
                "Urgent Messages": 0,
            }

    def _communities(self, first: date, last: date) -> Iterator[Row]:
        for community in self.tenant.communities.values():
            group = self.tenant.groups[community.group]
            owner = self.tenant.users[group.owners[0]].upn if group.owners else ""
            yield {
                "Group Display Name": self._name(community.name),
                "Is Deleted": str(group.deleted),
                "Owner Principal Name": self._name(owner),
                "Last Activity Date": last.isoformat() if community.read else "",
                "Group Type": "public" if community.public else "private",
                "Office 365 Connected": "Yes",
                "Member Count": len(group.members),
                "Posted Count": community.posted,
                "Read Count": community.read,
                "Liked Count": community.liked,
            }

    def _groups(self, first: date, last: date) -> Iterator[Row]:
        communities = {community.group: community for community in self.tenant.communities.values()}
        for group in self.tenant.groups.values():
            if not group.unified or group.deleted:
                continue
            community = communities.get(group.id)
            mails = sum(
                _within(post.when, first, last)
                for id_ in group.threads
                for post in self.tenant.threads[id_].posts
            )
            lists = self.tenant.sites[group.site].lists if group.site else []
            files = [
                item for id_ in lists for item in self.tenant.lists[id_].items.values() if item.kind == "file"
            ]
            yield {
                "Group Display Name": self._name(group.name),
                "Is Deleted": "False",
                "Owner Principal Name": self._name(
                    self.tenant.users[group.owners[0]].upn if group.owners else ""
                ),
                "Last Activity Date": last.isoformat() if mails else "",
                "Group Type": "Public" if group.public else "Private",
                "Member Count": len(group.members),
                "External Member Count": sum(self.tenant.users[member].guest for member in group.members),
                "Exchange Received Email Count": mails,
                "SharePoint Active File Count": len(files),
                "Yammer Posted Message Count": community.posted if community else 0,
                "Yammer Read Message Count": community.read if community else 0,
                "Yammer Liked Message Count": community.liked if community else 0,
                "Exchange Mailbox Total Item Count": mails,
                "Exchange Mailbox Storage Used (Byte)": 0,
                "SharePoint Total File Count": len(files),
                "SharePoint Site Storage Used (Byte)": 1024 * len(files),
                "Group Id": self._name(group.id),
            }

    def _name(self, name: str) -> str:
        return sha256(name.encode()).hexdigest()[:32].upper() if self.tenant.concealed and name else name

    def _pages(self, first: date, last: date) -> Iterator[Row]:
        """The tenant does not know the days of views: every page that was ever viewed was viewed on the last day."""
        visited = sum(item.views > 0 for item in self._items() if item.kind == "page")
        for day in _days(first, last):
            yield {"Report Date": day.isoformat(), "Visited Page Count": visited if day == last else 0}

    def _files(self, first: date, last: date) -> Iterator[Row]:
        edited: Counter[date] = Counter()
        for item in self._items():
            if item.kind == "file":
                edited.update({version.when.date() for version in item.versions})
        for day in _days(first, last):
            yield {
                "Report Date": day.isoformat(),
                "Viewed Or Edited": edited[day],
                "Synced": 0,
                "Shared Internally": 0,
                "Shared Externally": 0,
            }

    def _items(self) -> Iterator[Item]:
        for list_ in self.tenant.lists.values():
            yield from (item for item in list_.items.values() if not item.deleted)


def _within(when: datetime, first: date, last: date) -> bool:
    return first <= when.date() <= last


def _latest(moments: Iterable[datetime], last: date) -> str:
    days = [moment.date() for moment in moments if moment.date() <= last]
    return max(days).isoformat() if days else ""


def _columns(text: str) -> tuple[str, ...]:
    return tuple(text.split(","))


def _days(first: date, last: date) -> Iterator[date]:
    return (last - timedelta(days=ago) for ago in range((last - first).days + 1))


_PAGES = _columns("Report Refresh Date,Visited Page Count,Report Date,Report Period")
_FILES = _columns(
    "Report Refresh Date,Viewed Or Edited,Synced,Shared Internally,Shared Externally,Report Date,Report Period"
)
_SITES = _columns(
    "Report Refresh Date,Site Id,Site URL,Owner Display Name,Is Deleted,Last Activity Date,File Count,Active File Count,"
    "Page View Count,Visited Page Count,Storage Used (Byte),Storage Allocated (Byte),Root Web Template,Owner Principal Name,Report Period"
)
_SITE_USERS = _columns(
    "Report Refresh Date,User Principal Name,Is Deleted,Deleted Date,Last Activity Date,Viewed Or Edited File Count,"
    "Synced File Count,Shared Internally File Count,Shared Externally File Count,Visited Page Count,Assigned Products,Report Period"
)
_TEAMS = _columns(
    "Report Refresh Date,Team Name,Team Id,Team Type,Last Activity Date,Report Period,Active Users,Active Channels,Guests,"
    "Reactions,Meetings Organized,Post Messages,Reply Messages,Channel Messages,Urgent Messages,Mentions,Active Shared Channels,Active External Users"
)
_TEAM_USERS = _columns(
    "Report Refresh Date,Tenant Display Name,Shared Channel Tenant Display Names,User Id,User Principal Name,Last Activity Date,"
    "Is Deleted,Deleted Date,Assigned Products,Team Chat Message Count,Private Chat Message Count,Call Count,Meeting Count,"
    "Post Messages,Reply Messages,Urgent Messages,Report Period"
)
_COMMUNITIES = _columns(
    "Report Refresh Date,Group Display Name,Is Deleted,Owner Principal Name,Last Activity Date,Group Type,Office 365 Connected,"
    "Member Count,Posted Count,Read Count,Liked Count,Report Period"
)
_GROUPS = _columns(
    "Report Refresh Date,Group Display Name,Is Deleted,Owner Principal Name,Last Activity Date,Group Type,Member Count,"
    "External Member Count,Exchange Received Email Count,SharePoint Active File Count,Yammer Posted Message Count,"
    "Yammer Read Message Count,Yammer Liked Message Count,Exchange Mailbox Total Item Count,Exchange Mailbox Storage Used (Byte),"
    "SharePoint Total File Count,SharePoint Site Storage Used (Byte),Group Id,Report Period"
)
