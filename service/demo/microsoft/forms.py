"""The forms in which a room shows what is written: pages of a site, files and messages of a team, mail of a group."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

from service.demo.conversations import Draft
from service.demo.microsoft.tenant import Tenant
from service.demo.microsoft.things import Comment, Item, Message, Thread
from service.demo.organisation import Plan
from service.demo.timeline import Readership, Timeline

_TYPES = ("like", "like", "like", "heart", "laugh", "surprised")
_STEPS = (1, 7, 30, 90, 365)
"""Days after which views are told."""


@dataclass(slots=True)
class Stage:
    """What forms work with; `sites` are the ids of official sites by the key of their plan."""

    tenant: Tenant
    timeline: Timeline
    rng: random.Random
    sites: dict[str, str] = field(default_factory=dict)
    _things: dict[int, Any] = field(default_factory=dict)

    def plan(self, when: datetime, change: Callable[..., object], *given: Any, **named: Any) -> None:
        self.timeline.plan(when, change, *given, **named)

    def keep(self, draft: Draft, thing: object) -> None:
        """Remember what became of a draft."""
        self._things[id(draft)] = thing

    def kept(self, draft: Draft) -> Any:
        return self._things[id(draft)]


class Form:
    """How an original and what is said to it appear."""

    def __init__(self, stage: Stage, plan: Plan) -> None:
        self.stage, self.plan = stage, plan
        self.tenant = stage.tenant
        self.group = self.tenant.guid("group", plan.key)

    def begin(self, draft: Draft) -> None:
        raise NotImplementedError

    def answer(self, draft: Draft) -> None:
        """Nothing is said to it, unless the form has a way."""


class AsPage(Form):
    """A page or news post of a site, with comments and likes."""

    def begin(self, draft: Draft) -> None:
        plan = self.stage.plan
        first, *edits = draft.versions
        plan(first.when, self._write, draft)
        for version in edits:
            plan(version.when, self._change, draft, version.by, version.when)
        self._liked(draft)
        if draft.trashed is not None:
            plan(draft.trashed, lambda: self.tenant.delete(self.stage.kept(draft)))
        self._read(draft)

    def answer(self, draft: Draft) -> None:
        self.stage.plan(draft.created, self._say, draft)
        self._liked(draft)

    def _write(self, draft: Draft) -> None:
        site, news = self.stage.sites[self.plan.key], draft.type == "blogpost"
        page = self.tenant.add_page(site, draft.versions[0].by, draft.created, news=news)
        self.stage.keep(draft, page)

    def _change(self, draft: Draft, by: str | None, when: datetime) -> None:
        page: Item = self.stage.kept(draft)
        self.tenant.edit(page, by, when)

    def _say(self, draft: Draft) -> None:
        """Pages know one level of answers: what answers an answer stands beside it."""
        above: Comment | None = None
        if draft.parent is not None:
            above = self.stage.kept(draft.parent)
            page: Item = self.stage.kept(cast(Draft, draft.container))
            if above is not None and above.parent is not None:
                above = page.comments[above.parent]
        page = self.stage.kept(cast(Draft, draft.container))
        by = draft.versions[0].by
        self.stage.keep(draft, self.tenant.comment(page, cast(str, by), draft.created, parent=above))

    def _liked(self, draft: Draft) -> None:
        for person, when in draft.likes.items():
            self.stage.plan(when, self._like, draft, person, when)

    def _like(self, draft: Draft, person: str, when: datetime) -> None:
        self.tenant.like(self.stage.kept(draft), person, when)

    def _read(self, draft: Draft) -> None:
        if not draft.views:
            return
        likes = tuple(sorted(draft.likes.values()))
        readership = Readership(
            0, draft.created, draft.views, draft.viewers, draft.pace, likes, draft.trashed
        )
        before = (0, 0)
        for days in _STEPS:
            moment = draft.created + timedelta(days=days)
            now = readership.by(moment)
            if now != before:
                self.stage.plan(moment, self._view, draft, now[0] - before[0], now[1] - before[1])
            before = now

    def _view(self, draft: Draft, views: int, viewers: int) -> None:
        self.tenant.view(self.stage.kept(draft), views, viewers)


class AsFile(Form):
    """A document in the library of a group."""

    def begin(self, draft: Draft) -> None:
        plan = self.stage.plan
        first, *edits = draft.versions
        plan(first.when, self._write, draft)
        for version in edits:
            plan(version.when, self._change, draft, version.by, version.when)
        if draft.trashed is not None:
            plan(draft.trashed, lambda: self.tenant.delete(self.stage.kept(draft)))

    def _write(self, draft: Draft) -> None:
        site = cast(str, self.tenant.groups[self.group].site)
        self.stage.keep(draft, self.tenant.add_file(site, draft.versions[0].by, draft.created))

    def _change(self, draft: Draft, by: str | None, when: datetime) -> None:
        self.tenant.edit(self.stage.kept(draft), by, when)


class AsMessage(Form):
    """A message in a channel of the team, with replies and reactions."""

    def begin(self, draft: Draft) -> None:
        self._plan(draft)
        if draft.trashed is not None:
            when = draft.trashed
            self.stage.plan(when, lambda: self.tenant.delete_message(self.stage.kept(draft), when))

    def answer(self, draft: Draft) -> None:
        self._plan(draft)

    def _plan(self, draft: Draft) -> None:
        plan = self.stage.plan
        plan(draft.created, self._say, draft)
        for version in draft.versions[1:]:
            plan(version.when, self._change, draft, version.when)
        for person, when in draft.likes.items():
            plan(when, self._react, draft, person, self.stage.rng.choice(_TYPES), when)

    def _say(self, draft: Draft) -> None:
        root: Message | None = self.stage.kept(draft.container) if draft.container else None
        channel = root.channel if root else self.tenant.groups[self.group].channels[0]
        by = draft.versions[0].by
        self.stage.keep(draft, self.tenant.post(channel, by, draft.created, reply_to=root))

    def _change(self, draft: Draft, when: datetime) -> None:
        self.tenant.edit_message(self.stage.kept(draft), when)

    def _react(self, draft: Draft, person: str, kind: str, when: datetime) -> None:
        self.tenant.react(self.stage.kept(draft), person, kind, when)


class AsMail(Form):
    """A mail to the group, with answers to all."""

    def begin(self, draft: Draft) -> None:
        self.stage.plan(draft.created, self._write, draft)

    def answer(self, draft: Draft) -> None:
        self.stage.plan(draft.created, self._answer, draft)

    def _write(self, draft: Draft) -> None:
        by = cast(str, draft.versions[0].by)
        self.stage.keep(draft, self.tenant.add_thread(self.group, by, draft.created))

    def _answer(self, draft: Draft) -> None:
        thread: Thread = self.stage.kept(cast(Draft, draft.container))
        self.tenant.answer(thread, cast(str, draft.versions[0].by), draft.created)
