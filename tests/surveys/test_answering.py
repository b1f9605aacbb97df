"""Answering: by anybody with a link, without a trace of who it was."""

import re
import threading
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from sqlalchemy import Engine, func, inspect, select, text

from service.app import create_app
from service.database import transaction
from service.errors import Conflict, Invalid
from service.models import AuditEntry, Invitation, Organisation, Response, SurveyRound
from service.settings import Settings
from service.surveys import rounds
from service.surveys.answering import answer

with warnings.catch_warnings():
    # It works with httpx, and warns that it will want another client some day.
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

FULL = {f"q.culture_{n}": "4" for n in range(1, 5)}


@pytest.fixture
def app(house: Any, tmp_path: Path) -> FastAPI:
    house.create({"sales": 20}, boss="leaders")
    house.add("boss", 8, "leaders")
    house.start()
    return create_app(Settings(data=tmp_path), house.engine)


@pytest.fixture
def visitor(app: FastAPI) -> Iterator[TestClient]:
    """A browser as it comes over plain HTTP: it does not say which site a form was on."""
    with TestClient(app, follow_redirects=False) as client:
        yield client


def link(house: Any, group: str = "sales") -> str:
    with transaction(house.engine) as session:
        return rounds.invite(session, house.round(session), house.group(session, group), 1)[0]


def responses(house: Any) -> list[Response]:
    with transaction(house.engine) as session:
        return list(session.scalars(select(Response)))


def test_a_link_shows_the_questions_of_its_group_and_is_not_used_by_looking(house, visitor):
    token = link(house)
    for _ in range(3):
        page = visitor.get(f"/answer/{token}?lang=en")
        assert page.status_code == 200
    assert "People answer each other (en)" in page.text
    assert "I answer comments" not in page.text
    assert "Group sales" in page.text
    assert page.text.count("<fieldset") == 8
    boss = visitor.get(f"/answer/{link(house, 'boss')}?lang=de").text
    assert "I answer comments (de)" in boss


def test_answers_are_kept_without_a_trace_of_who_gave_them(house, visitor):
    token = link(house)
    sent = visitor.post(
        "/answer", data={"token": token, "shown": "en", **FULL, "q.strategy_1": "dont_know", "q.strategy_2": "not_applicable"}
    )  # fmt: skip
    assert (sent.status_code, sent.headers["Location"]) == (303, "/answer/thanks?lang=en")
    assert "Your answers have arrived" in visitor.get(sent.headers["Location"]).text
    (kept,) = responses(house)
    assert kept.answers == {
        **{f"culture_{n}": 4 for n in range(1, 5)},
        "strategy_1": "dont_know",
        "strategy_2": "not_applicable",
    }
    assert UUID(kept.id).version == 4
    assert {column.name for column in Response.__table__.columns} == {
        "id",
        "round_id",
        "group_id",
        "batch",
        "answers",
    }
    with transaction(house.engine) as session:
        assert session.scalar(select(func.count()).select_from(Invitation)) == 0
        assert session.scalar(select(func.count()).select_from(AuditEntry)) == 0


def test_no_page_of_the_survey_sets_a_cookie_or_names_the_account(house, visitor):
    token = link(house)
    visitor.cookies.set("resonanz", "x")
    pages = [
        visitor.get(f"/answer/{token}?lang=en"),
        visitor.post("/answer", data={"token": token, "language": "de", **FULL}),
        visitor.post("/answer", data={"token": token, **FULL}),
        visitor.get("/answer/thanks?lang=de"),
        visitor.get(f"/answer/{token}"),
    ]
    assert [page.status_code for page in pages] == [200, 200, 303, 200, 404]
    for page in pages:
        assert "set-cookie" not in page.headers
        assert page.headers["Referrer-Policy"] == "no-referrer"
        assert page.headers["Cache-Control"] == "no-store"


def test_a_link_works_once(house, visitor):
    token = link(house)
    assert visitor.post("/answer", data={"token": token, **FULL}).status_code == 303
    again = visitor.post("/answer", data={"token": token, "shown": "en", **FULL})
    assert again.status_code == 404
    assert "they have arrived" in again.text
    assert len(responses(house)) == 1


def test_two_at_the_same_moment_use_a_link_once(house_on, engine: Engine) -> None:
    """On both databases, through a barrier just before the answers are given."""
    house = house_on(engine)
    house.create({"sales": 20})
    house.start()
    token = link(house)
    barrier, done = threading.Barrier(2), []

    def send() -> None:
        barrier.wait()
        with transaction(engine) as session:
            done.append(answer(session, token, {"culture_1": 3}))

    threads = [threading.Thread(target=send) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(done) == [False, True]
    assert len(responses(house)) == 1


def test_another_language_keeps_what_was_chosen_and_sends_nothing(house, visitor):
    token = link(house)
    page = visitor.post("/answer", data={"token": token, "shown": "en", "language": "de", **FULL}).text
    assert '<html lang="de">' in page
    chosen = re.findall(r'name="(q\.[^"]+)" value="(\w+)" checked', page)
    assert dict(chosen) == FULL
    assert responses(house) == []


def test_an_empty_form_uses_no_link_up(house, visitor):
    token = link(house)
    page = visitor.post("/answer", data={"token": token, "shown": "en"})
    assert page.status_code == 422
    assert "Nothing was sent" in page.text
    assert visitor.post("/answer", data={"token": token, **FULL}).status_code == 303


@pytest.mark.parametrize(
    "answers", [{"q.culture_1": "6"}, {"q.culture_1": "yes"}, {"q.culture_5": "3"}, {"q.nothing": "3"}]
)
def test_what_is_no_answer_to_what_was_asked_is_refused(house, visitor, answers):
    token = link(house)
    assert visitor.post("/answer", data={"token": token, **answers}).status_code == 422
    assert responses(house) == []
    assert visitor.get(f"/answer/{token}").status_code == 200


def test_forms_no_page_of_ours_sends_are_refused(house, visitor):
    token = link(house)
    large = visitor.post("/answer", data={"token": token, "q.culture_1": "3" * 70_000})
    files = visitor.post("/answer", data={"token": token}, files={"q.culture_1": b"3"})
    odd = visitor.post("/answer", content=b"{}", headers={"Content-Type": "application/json"})
    assert [large.status_code, files.status_code, odd.status_code] == [422, 422, 422]


def test_a_wrong_or_withdrawn_link_tells_nothing(house, visitor):
    with transaction(house.engine) as session:
        token = rounds.invite(session, house.round(session), house.group(session, "sales"), 1)[0]
        assert rounds.withdraw(session, house.round(session), house.group(session, "sales")) == 1
    for bad in (token, "x", "y" * 500, "%00", "../etc"):
        page = visitor.get(f"/answer/{bad}")
        assert page.status_code == 404
    assert visitor.get(f"/answer/{token}?lang=en").text == visitor.get("/answer/unknown?lang=en").text


def test_withdrawing_links_does_not_tell_how_few_were_used(house, visitor):
    visitor.post("/answer", data={"token": link(house), **FULL})
    with transaction(house.engine) as session, pytest.raises(Conflict, match="would tell how many"):
        rounds.withdraw(session, house.round(session), house.group(session, "sales"))


def test_while_a_round_is_closed_or_the_service_stopped_nothing_is_taken(house, visitor):
    token, second = link(house), link(house)
    house.close()
    closed = visitor.get(f"/answer/{token}?lang=en")
    assert (closed.status_code, "This survey is closed" in closed.text) == (410, True)
    assert visitor.post("/answer", data={"token": token, **FULL}).status_code == 410
    house.start()
    assert visitor.post("/answer", data={"token": token, **FULL}).status_code == 303
    with transaction(house.engine) as session:
        survey = house.round(session)
        session.get_one(Organisation, survey.organisation_id).stopped = survey.created
    assert visitor.post("/answer", data={"token": second, **FULL}).status_code == 410
    assert len(responses(house)) == 1


def test_a_link_for_all_can_be_used_again_and_says_so(house, visitor):
    with transaction(house.engine) as session:
        survey, group = house.round(session), house.group(session, "sales")
        first = rounds.open_link(session, survey, group)
        token = rounds.open_link(session, survey, group)
    assert visitor.get(f"/answer/{first}").status_code == 404
    assert "Please answer only once" in visitor.get(f"/answer/{token}?lang=en").text
    for _ in range(2):
        assert visitor.post("/answer", data={"token": token, **FULL}).status_code == 303
    assert len(responses(house)) == 2


def test_links_of_both_kinds_are_not_mixed_and_never_more_than_people(house):
    house.create({"sales": 3, "it": 3})
    with transaction(house.engine) as session:
        survey, sales, it = house.round(session), house.group(session, "sales"), house.group(session, "it")
        assert len(rounds.invite(session, survey, sales)) == 3
        with pytest.raises(Invalid, match="more links than people"):
            rounds.invite(session, survey, sales)
        with pytest.raises(Conflict, match="answer twice"):
            rounds.open_link(session, survey, sales)
        rounds.open_link(session, survey, it)
        with pytest.raises(Conflict, match="answer twice"):
            rounds.invite(session, survey, it)


def test_tokens_are_stored_as_hashes_only(house):
    house.create({"sales": 3})
    token = link(house)
    house.engine.dispose()
    stored = b"".join(
        path.read_bytes() for path in Path(house.engine.url.database).parent.glob("resonanz.db*")
    )
    assert token.encode() not in stored


def test_nothing_of_the_order_of_answers_remains_after_closing(house, visitor):
    """Not in keys, not in places: SQLite stores both tables by their random keys alone."""
    for point in ("1", "2", "3", "4", "5") * 2:
        visitor.post("/answer", data={"token": link(house), "q.culture_1": point})
    before = {one.id: one.answers["culture_1"] for one in responses(house)}
    house.close()
    after = {one.id: one.answers["culture_1"] for one in responses(house)}
    assert not set(before) & set(after)
    assert sorted(before.values()) == sorted(after.values())
    with house.engine.connect() as connection:
        for table in ("response", "invitation"):
            sql = connection.execute(
                text("SELECT sql FROM sqlite_master WHERE name = :t"), {"t": table}
            ).scalar_one()
            assert "WITHOUT ROWID" in sql
    house.engine.dispose()
    content = Path(house.engine.url.database).read_bytes()
    assert not [key for key in before if key.encode() in content]
    assert all(key.encode() in content for key in after)
    columns = {column["name"] for column in inspect(house.engine).get_columns("response")}
    assert columns == {"id", "round_id", "group_id", "batch", "answers"}


def test_in_postgresql_all_answers_are_of_one_transaction_after_closing(
    house_on: Callable[[Engine], Any], engine: Engine
) -> None:
    """What the database keeps of when a row came must be the same for all."""
    if engine.dialect.name != "postgresql":
        pytest.skip("SQLite keeps no transaction with a row")
    house = house_on(engine)
    house.create({"sales": 20})
    house.start()
    for point in range(8):
        house.same("sales", 1 + point % 5)
    stamps = text("SELECT DISTINCT CAST(xmin AS text) FROM response")
    with engine.connect() as connection:
        assert len(connection.execute(stamps).all()) == 8
    house.close()
    with engine.connect() as connection:
        assert len(connection.execute(stamps).all()) == 1


def test_no_line_of_the_log_holds_a_token(house, app, monkeypatch, capsys):
    """Not even where something unexpected happens while answering."""
    token = link(house)

    def fail(*args: object) -> None:
        raise RuntimeError(f"answer {token}")

    monkeypatch.setattr("service.web.survey_answer.answer", fail)
    with TestClient(app, follow_redirects=False) as client:
        failed = client.post("/answer", data={"token": token, **FULL})
    assert failed.status_code == 500
    assert token not in failed.text
    assert token not in "".join(capsys.readouterr())


def test_answers_of_a_draft_are_not_taken(house, tmp_path):
    house.create({"sales": 3})
    token = link(house)
    with transaction(house.engine) as session:
        assert session.scalar(select(SurveyRound.state)) == "draft"
        assert answer(session, token, {"culture_1": 3}) is False
