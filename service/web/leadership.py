"""Whether leaders take part, and how fresh what the organisation says officially is."""

from collections.abc import Sequence
from dataclasses import dataclass

from metrics.catalog import CATALOG
from service.language import Language
from service.published import Published
from service.web.dashboard import PULSE
from service.web.figures import Figure, figures
from service.web.pictures import Painter, Picture

LEADERS = ("active_leader_share", "led_unit_share", "leader_reply_share", "leader_lift")
FRESHNESS = ("stale_share", "stale_reads", "median_page_age", "unread_pages")
PARTS_OF_LEADERS, PARTS_OF_OWNERS = "leader_parts", "page_owners"


@dataclass(frozen=True)
class Theme:
    """Figures with their course over time, and how a whole divides."""

    figures: Sequence[Figure]
    absent: Sequence[str]
    courses: Sequence[Picture]
    parts: Picture | None
    parts_in_words: str


def leaders(published: Published, painter: Painter, language: Language) -> Theme:
    return _theme(published, painter, language, LEADERS, PARTS_OF_LEADERS)


def freshness(published: Published, painter: Painter, language: Language) -> Theme:
    return _theme(published, painter, language, FRESHNESS, PARTS_OF_OWNERS)


def _theme(
    published: Published, painter: Painter, language: Language, keys: Sequence[str], parts: str
) -> Theme:
    shown, absent = figures(published, keys, PULSE, language)
    milestones = published.milestones()
    courses = []
    for key in keys:
        cells = published.series(key, PULSE)
        if sum(cell.value is not None for cell in cells) > 1:
            courses.append(
                painter.trend(
                    f"course-{key}", [(CATALOG[key], cells)], milestones, sizes=("narrow",), height=190
                )
            )
    cells = published.series(parts, PULSE)
    picture = painter.stack(f"parts-{parts}", CATALOG[parts], cells, milestones) if cells else None
    newest = [cell for cell in cells if cell.since == cells[-1].since]
    words = painter.parts_in_words(CATALOG[parts], newest) if newest else ""
    return Theme(shown, absent, courses, picture, words)
