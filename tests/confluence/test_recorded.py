"""Answers recorded from real sites are read as they are."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.activity import ContentType
from connectors.confluence import v1
from connectors.confluence.answers import following, hits, readable, results, total
from connectors.confluence.cloud import _item, _space
from connectors.confluence.data_center import _space as _data_center_space
from connectors.errors import BadAnswer


def recorded(name):
    return json.loads((Path(__file__).parent / "recorded" / f"{name}.json").read_text(encoding="utf-8"))


def test_spaces_of_a_real_site_are_read():
    spaces = [_data_center_space(one) for one in results(recorded("goatl-get-spaces"), "space")]
    assert [(space.id, space.key, space.personal) for space in spaces] == [
        ("80838666", "DS", False),
        ("196613", "DUMMY", False),
    ]


def test_personal_and_archived_spaces_are_told_apart():
    spaces = [_space(one) for one in results(recorded("mcp-spaces-response"), "space")]
    assert [(space.key, space.personal, space.archived) for space in spaces] == [
        ("~user1", True, True),
        ("PROJ", False, False),
    ]


def test_a_page_with_its_space_and_version_is_read_without_its_title():
    item = v1.item(recorded("mcp-page-response"), "contents")
    assert (item.id, item.content_type, item.room) == ("987654321", ContentType.PAGE, "11111111")
    assert (item.latest.number, item.latest.by) == (1, "user123")
    assert item.latest.when == datetime(2024, 1, 1, 9, 0, tzinfo=UTC)
    assert "Meeting" not in repr(item)


def test_a_reply_whose_container_is_the_comment_it_answers_is_a_reply():
    item = v1.item(recorded("mcp-comment-reply-v1-response"), "comments")
    assert (item.thread, item.parent) == (None, "456789123")
    assert item.created is None


def test_a_reply_of_the_newer_interface_names_page_and_comment():
    reply = recorded("mcp-comment-reply-v2-response")
    item = _item(reply, "footer-comments")
    assert (item.thread, item.parent) == ("12345", "456789123")
    # the body was recorded without an author of the version
    assert item.author is None


def test_inline_comments_are_read():
    items, broken = readable(
        results(recorded("mcp-inline-comments-v2-list-response"), "inline-comments"),
        lambda one: _item(one, "inline-comments"),
    )
    assert [(item.id, item.thread) for item in items] == [("444555666", "12345")]
    assert broken == []


def test_a_comment_list_without_containers_is_told_as_broken_not_guessed():
    found = results(recorded("mcp-comments-response"), "comment")
    items, broken = readable(found, lambda one: v1.item(one, "comments"))
    assert items == []
    assert broken == ["456789123"]


def test_a_search_tells_total_and_contents_without_excerpts():
    answer = recorded("mcp-cql-search-response")
    assert total(answer, "search") == 1
    assert [one["id"] for one in hits(answer, "search")] == ["123456789"]
    assert following(answer, "search", None) is None


@pytest.mark.parametrize("answer", [{}, {"results": 3}, {"results": ["text"]}, "text", None])
def test_an_answer_without_a_list_is_no_empty_list(answer):
    with pytest.raises(BadAnswer):
        results(answer, "somewhere")
