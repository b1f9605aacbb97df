"""Conversations and the balance of giving and receiving once more, counted naively: slow, plain, without the code it checks."""

from collections import defaultdict
from datetime import timedelta
from typing import Any

FOLLOWED = timedelta(hours=28 * 24)


class Interaction:
    def __init__(self, reference: Any) -> None:
        self.r = reference

    def below(self, post: Any) -> list[Any]:
        """What people wrote below a post in its 28 days, the author included."""
        return [
            entry
            for entry in self.r.acts
            if entry.kind in ("comment", "reply")
            and entry.thread == post.object
            and post.person is not None
            and self.r.kind(entry.person, entry.day) in ("human", "guest")
            and entry.key not in self.r.bulk
            and entry.happened <= post.happened + FOLLOWED
        ]

    def size(self, post: Any) -> dict[str, int]:
        below = self.below(post)
        others = [entry for entry in below if entry.person != post.person]
        first = min((entry.happened for entry in others), default=None)
        back = [e for e in below if e.person == post.person and first is not None and e.happened > first]
        return {
            "turns": 1 + len(below),
            "replies": len(others),
            "participants": len({post.person} | {entry.person for entry in below}),
            "returns": len(back),
        }

    def reactions(self, post: Any) -> tuple[list[Any], list[Any]]:
        """Those seen in its 28 days, and those of which it is not known."""
        found = self.r.answers(post, ("react",))
        end = post.happened + FOLLOWED
        late = [entry for entry in found if not entry.dated and entry.happened > end]
        return [entry for entry in found if entry.happened <= end], late

    def reactable(self, post: Any) -> bool:
        sources = {e.source for e in self.r.acts if e.kind == "create" and e.room == post.room}
        return any(entry.kind == "react" and entry.source in sources for entry in self.r.acts)

    def views(self) -> list[Any]:
        return [
            entry
            for entry in self.r.done
            if entry.kind == "view" and self.r.kind(entry.person, entry.day) in ("human", "guest")
        ]

    def watched(self, post: Any) -> bool:
        views, last = self.views(), post.day + timedelta(days=28)
        return (
            any(view.day <= post.day for view in views)
            and any(view.day >= last for view in views)
            and any(view.day <= last and view.room == post.room for view in views)
        )

    def reached(self, post: Any) -> tuple[int, int]:
        """How many engaged, and how many had seen it."""
        end = post.happened + FOLLOWED
        engaged = {
            entry.person
            for entry in self.r.answers(post, ("comment", "reply", "react"))
            if entry.happened <= end
        }
        viewed = {
            view.person for view in self.views() if view.object == post.object and view.happened <= end
        } - {post.person}
        return len(engaged), len(engaged | viewed)

    def posts(self, scope: str) -> dict[Any, dict[str, list[Any]]]:
        """By scope key, window and first day: the posts that count, wait or are out."""
        found: dict[Any, dict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))
        for post in self.r.contents():
            end, gone = post.happened + FOLLOWED, self.r.deleted(post)
            if post.content_type != "post":
                verdict = "page"
            elif self.r.left_out(post) or (gone is not None and gone.happened < end):
                verdict = "out"
            elif gone is None and self.r.intranet.horizon < end:
                verdict = "young"
            else:
                verdict = "old"
            for period in self.r.periods:
                if period.window.value != "week" and period.since <= post.day < period.until:
                    for key in self.r.keys(scope, post.room, post.person, post.day):
                        found[key, period.window.value, period.since][verdict].append(post)
        return found

    def ratio(self, scope: str, name: str) -> dict[Any, tuple[Any, ...]]:
        """What a metric says: the sums of a part and a whole over the posts that count, or why nothing can be said."""
        return {place: self._ratio(name, verdicts) for place, verdicts in self.posts(scope).items()}

    def _judged(self, name: str, post: Any) -> Any:
        """The part and the whole of one post, or why it does not count."""
        size, (seen, late) = self.size(post), self.reactions(post)
        silent = size["replies"] == 0
        match name:
            case "reply_ratio":
                return size["replies"], 1
            case "dialogue_share":
                return int(size["participants"] > 1 and size["returns"] > 0), 1
            case "reaction_only_share":
                if not self.reactable(post):
                    return "irrelevant"
                undecided = silent and not seen and late
                return (
                    "undecided" if undecided else (int(silent and bool(seen)), int(not silent or bool(seen)))
                )
        if not self.watched(post):
            return "irrelevant"
        return "undecided" if late else self.reached(post)

    def _ratio(self, name: str, verdicts: dict[str, list[Any]]) -> tuple[Any, ...]:
        judged = [(post.person, self._judged(name, post)) for post in verdicts["old"]]
        irrelevant = sum(said == "irrelevant" for _, said in judged)
        undecided = sum(said == "undecided" for _, said in judged)
        amounts = [(*said, who) for who, said in judged if isinstance(said, tuple)]
        excluded = len(verdicts["out"]) + irrelevant + undecided
        whole = sum(amount[1] for amount in amounts)
        if name == "engagement_of_reach" and irrelevant > (len(amounts) + irrelevant) / 10:
            return "no_viewer_data", excluded
        if undecided > (len(amounts) + undecided) / 10:
            return "undated_reactions", excluded
        if not amounts:
            if irrelevant:
                return "no_reaction_data", excluded
            return ("not_old_enough" if verdicts["young"] else "no_posts"), excluded
        if whole == 0:
            return {"reaction_only_share": "nothing_answered", "engagement_of_reach": "nothing_viewed"}[
                name
            ], excluded
        behind = {who for _, one, who in amounts if one}
        most = max(sum(one for _, one, author in amounts if author == who) for who in behind)
        affirming = {who for part, _, who in amounts if part}
        return sum(amount[0] for amount in amounts), whole, len(behind), len(affirming), excluded, most

    def quantile(self, name: str, share: float) -> dict[Any, Any]:
        """The value below which a share of the posts is, by sorting them; or why there is none."""
        found: dict[Any, Any] = {}
        for place, verdicts in self.posts("organisation").items():
            values = sorted(self.size(post)[name] for post in verdicts["old"])
            if not values:
                found[place] = "not_old_enough" if verdicts["young"] else "no_posts"
            elif share == 0.5:
                found[place] = (values[(len(values) - 1) // 2] + values[len(values) // 2]) / 2
            else:
                found[place] = next(
                    value for value in values if 10 * sum(v <= value for v in values) >= 9 * len(values)
                )
        return found

    def personas(self, period: Any) -> dict[str, int]:
        """How many people give and receive how, among those who did anything in a period."""
        inside = [
            entry
            for entry in self.r.acts
            if period.since <= entry.day < period.until and self.r._counts(entry)
        ]
        authors: dict[int, Any] = {}
        for entry in sorted(self.r.acts, key=lambda entry: (entry.happened, entry.key)):
            if entry.kind in ("create", "comment", "reply", "message"):
                authors.setdefault(entry.object, entry)
        gave: dict[int, list[str]] = defaultdict(list)
        received: dict[int, int] = defaultdict(int)
        for entry in inside:
            starts = entry.kind == "message" and (entry.thread is None or entry.thread == entry.object)
            if starts or (entry.kind == "create" and entry.content_type in ("page", "post")):
                gave[entry.person].append("post")
            elif entry.kind in ("react", "comment", "reply", "message"):
                target = entry.object if entry.kind == "react" else entry.parent or entry.thread
                made = authors.get(target)
                if (
                    made is not None
                    and self.r.kind(made.person, made.day) == "human"
                    and made.key not in self.r.bulk
                    and made.person != entry.person
                ):
                    gave[entry.person].append("answer")
                    received[made.person] += 1
        found: dict[str, int] = defaultdict(int)
        acted = {entry.person for entry in inside}
        for person in acted:
            given, got = len(gave[person]), received[person]
            if given < (period.until - period.since).days / 14:
                found["occasional"] += 1
            elif got > 2 * given:
                found["catalyst"] += 1
            elif given <= 2 * got:
                found["engager"] += 1
            elif 2 * gave[person].count("answer") >= given:
                found["responder"] += 1
            else:
                found["broadcaster"] += 1
        return dict(found)
