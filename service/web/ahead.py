"""Draws the charts of the newest publications before anybody asks for them, so that no first reader waits."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from service.advice.advised import advice_for
from service.comparison import comparison_of
from service.errors import Invalid
from service.language import LOCALES, language
from service.maturity.assess import newest
from service.published import Published, latest, organisations
from service.security.signin import now
from service.web import leadership
from service.web.answers import answers
from service.web.dashboard import Dashboard, dashboard
from service.web.findings import found_of
from service.web.network import between_units
from service.web.pages import gallery
from service.web.pictures import Gallery, Painter
from service.web.planning import planned
from service.web.profile import profile
from service.web.rooms import RoomsAsked, vitality

FIRST, EVERY = 2.0, 60.0
"""Seconds after the start, and between two looks for something newer."""
MOST = 5
"""Organisations drawn ahead, by name: as many as fit into the gallery in both languages. The rest is drawn when asked for."""

log = structlog.get_logger()


@contextmanager
def drawing_ahead(engine: Engine, stopping: Event) -> Iterator[None]:
    """Draw beside what is done within, until it ends or `stopping` is set."""
    ended = Event()
    thread = Thread(target=_keep_drawing, args=(engine, stopping, ended), name="charts")
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _keep_drawing(engine: Engine, stopping: Event, ended: Event) -> None:
    def over() -> bool:
        return stopping.is_set() or ended.is_set()

    drawn: set[tuple[str, str]] = set()
    wait = FIRST
    while not ended.wait(wait) and not over():
        try:
            before = len(drawn)
            draw(engine, gallery, drawn, over)
            if len(drawn) > before:
                read(engine, gallery, over)
        except SQLAlchemyError as error:
            log.warning("charts not drawn ahead", error=type(error).__name__)
        wait = EVERY


def draw(
    engine: Engine, gallery: Gallery, drawn: set[tuple[str, str]], over: Callable[[], bool] = lambda: False
) -> None:
    """Draw what the pages on use show without any choice, for what is not yet in `drawn` (digest and language).

    Ends early when it is `over`.
    """
    with Session(engine) as session:
        for organisation in organisations(session)[:MOST]:
            published = latest(session, organisation)
            if published is None:
                continue
            for code in LOCALES:
                key = (published.run.digest, code)
                if key in drawn:
                    continue
                for part in _parts(published, Painter(gallery, published.run.digest, language(code))):
                    if over():
                        return
                    part()
                drawn.add(key)


def read(engine: Engine, gallery: Gallery, over: Callable[[], bool] = lambda: False) -> None:
    """Read what the overview needs (model, measures, rules, roadmap), and draw its profile. Ends early when it is `over`."""
    with Session(engine) as session:
        for organisation in organisations(session)[:MOST]:
            if over():
                return
            advice, made = advice_for(session, organisation), newest(session, organisation)
            found_of(session, advice)
            comparison_of(session, organisation)
            with suppress(Invalid):  # agreed measures that do not fit together: the page says so
                planned(session, advice, now().date())
            if advice.result is None or made is None:
                continue
            for code in LOCALES:
                if not over():
                    profile(advice.result, advice.model, made.digest, gallery, language(code))


def _parts(published: Published, painter: Painter) -> list[Callable[[], object]]:
    """One after the other, so that it can be left between two of them; in the order of the pages."""
    board: Dashboard = dashboard(published, painter, painter.language, {}, RoomsAsked())
    about = (published, painter, painter.language)
    return [
        lambda: board.trend,
        lambda: board.roles,
        lambda: board.changes,
        lambda: board.states,
        lambda: vitality(published, painter, ""),
        lambda: board.dialogue,
        lambda: answers(*about, {}),
        lambda: between_units(*about, {}),
        lambda: board.units,
        lambda: leadership.leaders(*about),
        lambda: leadership.freshness(*about),
    ]
