"""An answer that was written before is the same answer, and is forgotten before it takes too much memory."""

from collections.abc import Callable

from fastapi import FastAPI
from fastapi.testclient import TestClient
from pydantic import BaseModel
from sqlalchemy import delete, update

from service.api.answered import Answers
from service.database import transaction
from service.models import Organisation, Publication

PATH = "/api/v1/measurements?limit=5"


class Said(BaseModel):
    word: str


def told(name: str) -> dict[str, str]:
    return {"ETag": f'"{name}"', "content-length": "7", "link": name}


def test_a_kept_answer_is_the_same_bytes_under_the_same_headers(client: TestClient) -> None:
    first, second = client.get(PATH), client.get(PATH)
    assert first.status_code == second.status_code == 200
    assert first.content == second.content
    assert len(first.json()["rows"]) == 5
    for name in ("ETag", "Link", "Resonanz-Publication", "content-type", "content-length", "Cache-Control"):
        assert first.headers[name] == second.headers[name]
    assert client.get("/api/v1/measurements?limit=4").json()["rows"] == first.json()["rows"][:4]


def test_an_answer_is_not_kept_beyond_what_it_rests_on(
    make_app: Callable[..., FastAPI], account: tuple[str, str]
) -> None:
    app = make_app()
    with TestClient(app, headers={"Accept": "application/json"}) as client:
        client.auth = account
        assert client.get(PATH).json()["publication"]["synthetic"] is False
        with transaction(app.state.engine) as session:
            session.execute(update(Organisation).values(synthetic=True))
        assert client.get(PATH).json()["publication"]["synthetic"] is True
        with transaction(app.state.engine) as session:
            session.execute(delete(Publication))
        assert client.get(PATH).status_code == 503
        assert TestClient(app).get(PATH).status_code == 401


def test_what_was_not_asked_for_longest_is_forgotten_first() -> None:
    size = len(Said(word="aaa").model_dump_json())
    answers, origin = Answers(2 * size), Said(word="origin")
    for name in ("aaa", "bbb"):
        answers.keep(told(name), origin, Said(word=name))
    assert answers.of('"aaa"', origin) is not None
    answers.keep(told("ccc"), origin, Said(word="ccc"))
    assert answers.of('"bbb"', origin) is None
    kept = answers.of('"aaa"', origin)
    assert kept is not None
    assert (kept.body, dict(kept.headers)) == (b'{"word":"aaa"}', {"ETag": '"aaa"', "link": "aaa"})
    assert answers.of('"aaa"', Said(word="other")) is None


def test_an_answer_larger_than_all_that_is_kept_is_given_all_the_same() -> None:
    answers, origin = Answers(3), Said(word="origin")
    assert answers.keep(told("long"), origin, Said(word="long")).body == b'{"word":"long"}'
    assert answers.of('"long"', origin) is None
