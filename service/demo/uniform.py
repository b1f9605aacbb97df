"""A large site of a typical mix, made fast: for benchmarks, where amount matters and the story does not."""

import random
from datetime import UTC, datetime, timedelta

from service.demo.store import Item, Permission, Store, Version

START = datetime(2023, 1, 2, 7, tzinfo=UTC)


def uniform(
    contents: int, *, seed: int = 1, rooms: int = 40, people: int = 2000, until: datetime | None = None
) -> Store:
    """A site of `contents` contents, comments included, spread evenly over three years up to `until`.

    Per 16 contents there are 8 pages, 2 posts and 6 comments (0.6 per page or post, a third of them replies). Of pages
    and posts 55 % were never edited, 30 % once or twice, 15 % 3 to 8 times; 20 % are liked, by 1 to 5 people. Pages
    stand in trees up to five deep.
    """
    rng = random.Random(seed)  # noqa: S311
    store = Store(clock=lambda: end)
    end = until or START + timedelta(days=3 * 365)
    keys = [store.add_account(f"8a7f8{number:027d}", f"user{number:05d}").id for number in range(people)]
    staff = store.add_group("confluence-users", keys)
    rights = [Permission("group", staff.id, "read", "space")]
    spaces = [f"ROOM{number:02d}" for number in range(rooms)]
    for space in spaces:
        store.add_space(space, created=START, permissions=rights)
    step = (end - START - timedelta(days=60)) / max(contents, 1)
    originals: list[Item] = []
    paths: dict[str, list[int]] = {}
    for number in range(contents):
        when = (START + step * number).replace(microsecond=0)
        by = keys[int(rng.paretovariate(0.6)) % people]
        place = number % 16
        if place in (2, 5, 7, 10, 13, 15) and originals:
            recent = originals[-12:]
            store.insert(_comment(store, recent, Version(by, when), rng))
            continue
        space = spaces[int(rng.paretovariate(0.8)) % rooms]
        item = Item(store.next_id(), "blogpost" if place in (0, 8) else "page", space, [Version(by, when)])
        if item.type == "page":
            path = paths.setdefault(space, [])
            del path[rng.randint(0, 4) :]
            item.parent = path[-1] if path else None
            path.append(item.id)
        draw = rng.random()
        edits = 0 if draw < 0.55 else rng.randint(1, 2) if draw < 0.85 else rng.randint(3, 8)
        for _ in range(edits):
            when += timedelta(hours=rng.expovariate(1 / 60))
            item.versions.append(Version(rng.choice(keys), when.replace(microsecond=0), rng.random() < 0.15))
        if rng.random() < 0.2:
            item.likes = {rng.choice(keys): when for _ in range(rng.randint(1, 5))}
        item.views = rng.randint(1, 400)
        item.viewers = item.views // 2 + 1
        originals.append(store.insert(item))
    return store


def _comment(store: Store, recent: list[Item], version: Version, rng: random.Random) -> Item:
    earlier = [comment for item in recent for comment in store.comments.get(item.id, ())]
    parent = store.items[rng.choice(earlier)] if earlier and rng.random() < 1 / 3 else None
    answered = store.items[parent.container] if parent and parent.container else rng.choice(recent)
    return Item(
        store.next_id(),
        "comment",
        answered.space,
        [version],
        container=answered.id,
        parent=parent.id if parent else None,
        location=parent.location if parent else rng.choices(("footer", "inline"), (85, 15))[0],
    )
