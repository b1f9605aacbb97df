"""Charts drawn before anybody asks."""

from threading import Event

import httpx

from service.web import ahead, pages
from service.web.pictures import Gallery


def test_what_the_pages_show_is_drawn_ahead_once_and_then_only_shown(werra, werra_engine, monkeypatch):
    gallery, drawn = Gallery(), set()
    ahead.draw(werra_engine, gallery, drawn)
    number = len(gallery)
    assert number > 30
    assert {code for _, code in drawn} == {"de", "en"}
    ahead.draw(werra_engine, gallery, drawn)
    monkeypatch.setattr(pages, "gallery", gallery)
    for path in ("/", "/adoption", "/periods", "/rooms", "/dialogue", "/network", "/leadership", "/data"):
        for language in ("de", "en"):
            assert httpx.get(f"{werra}{path}?lang={language}", timeout=60).status_code == 200
    assert len(gallery) == number


def test_drawing_ends_with_the_service(werra_engine, monkeypatch):
    asked = []
    monkeypatch.setattr(ahead, "FIRST", 0.0)
    monkeypatch.setattr(ahead, "draw", lambda engine, gallery, drawn, over: drawn.add(("digest", "de")))
    monkeypatch.setattr(ahead, "read", lambda *rest: asked.append(rest))
    stopping = Event()
    with ahead.drawing_ahead(werra_engine, stopping):
        while not asked:
            stopping.wait(0.01)
    assert len(asked) == 1


def test_drawing_stops_between_two_charts(werra_engine):
    gallery, drawn = Gallery(), set()
    ahead.draw(werra_engine, gallery, drawn, lambda: len(gallery) > 0)
    assert 0 < len(gallery) < 5
    assert drawn == set()
