"""Comments and replies, and how replies are found where the lists do not show them.

Nothing documents whether Cloud's site-wide lists hold replies. A reply in a list proves that they do. If the first pass
shows none, the number of comments of the search index is compared with what was listed: more means that replies are
left out, and then the search, which shows all comments with their ancestors, is read as one more listing. As long as
neither is proven (no replies yet), every run looks at the latest comments of the search as well: one request.
"""

from collections.abc import Iterable, Iterator, Sequence

from connectors.activity import Gap, Kind, Page
from connectors.confluence.cloud import REPLIES, Cloud
from connectors.confluence.feed import Feed
from connectors.confluence.mapping import reason
from connectors.confluence.platform import Item
from connectors.confluence.progress import Progress
from connectors.errors import AccessDenied, BadAnswer, CursorExpired, NotThere

_LISTED, _SEARCH = "listed", "search"


class Comments(Feed):
    def seen(self, progress: Progress, listing: str, items: Iterable[Item]) -> None:
        if progress.replies is None and any(item.parent for item in items):
            progress.replies = _SEARCH if listing == REPLIES else _LISTED

    def room_listings(self, progress: Progress) -> Sequence[str]:
        return (*self.listings, REPLIES) if progress.replies == _SEARCH else self.listings

    def after(self, progress: Progress) -> Iterator[Page]:
        if not isinstance(self._platform, Cloud) or progress.replies == _LISTED:
            return
        try:
            if (
                REPLIES not in progress.marks
                and progress.replies is None
                and self._platform.comment_total() <= progress.listed
            ):
                # Every comment was listed: from here on the latest ones are enough.
                progress.marks[REPLIES] = max(progress.marks[listing] for listing in self.listings)
            if REPLIES not in progress.marks:
                progress.replies = _SEARCH
            yield from self.passes(progress, REPLIES)
        except (AccessDenied, NotThere, BadAnswer, CursorExpired) as error:
            # Whether there are replies at all cannot be told.
            self.partial = True
            yield Page(cursor=progress.dump(), gaps=[Gap(None, None, (Kind.REPLY,), reason(error))])
