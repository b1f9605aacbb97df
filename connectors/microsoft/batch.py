"""Many questions to Graph in one request, `$batch`: the whole succeeds while single answers inside may be refused."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from connectors.errors import BadAnswer, ConnectorError, CursorExpired
from connectors.microsoft.answers import Again, ServerFailed, TokenRefused, place, refusal
from connectors.microsoft.patience import Patience
from connectors.microsoft.tokens import Resource

if TYPE_CHECKING:
    from connectors.microsoft.transport import Transport

LARGEST = 20
"""Requests in one `$batch`, a limit of Graph."""

Answers = dict[str, dict[str, Any] | ConnectorError]


def batch(transport: "Transport", requests: Sequence[tuple[str, str]]) -> Answers:
    """Answers by id; only what was refused or has failed is sent again, after the longest pause that one of them asks for."""
    answers: Answers = {}
    for start in range(0, len(requests), LARGEST):
        answers |= _asked(transport, dict(requests[start : start + LARGEST]))
    return answers


def _asked(transport: "Transport", waiting: dict[str, str]) -> Answers:
    answers: Answers = {}
    patience = Patience("/$batch", transport.chance)
    renewed = set[bool]()
    while waiting:
        began, token = transport.clock(), transport.tokens.token(Resource.GRAPH)
        given = _responses(transport, waiting)
        again: dict[str, Again] = {}
        stale: dict[str, TokenRefused] = {}
        for key, path in waiting.items():
            match _inner(given.get(key), place(path), transport.now):
                case Again() as failed:
                    again[key] = failed
                case TokenRefused() as refused:
                    stale[key] = refused
                case CursorExpired() as expired:
                    answers[key] = transport.bases.pinned(Resource.GRAPH, expired)
                case outcome:
                    answers[key] = outcome
        waiting = {key: path for key, path in waiting.items() if key not in answers}
        if stale:
            transport.renew(Resource.GRAPH, token, next(iter(stale.values())), renewed)
        if again:
            worst = max(again.values(), key=lambda one: (one.refused, one.seconds or 0.0))
            pause = patience.pause(worst)
            if worst.refused:
                transport.throttles[Resource.GRAPH].refused(began, pause)
            try:
                patience.spend(worst, pause)
            except (ServerFailed, BadAnswer):
                return answers | {key: failed.error for key, failed in again.items()}
            if not worst.refused:
                transport.sleep(pause)
    return answers


def _responses(transport: "Transport", requests: Mapping[str, str]) -> dict[str, Mapping[str, Any]]:
    asked = [
        {"id": key, "method": "GET", "url": transport.bases.below(Resource.GRAPH, path)}
        for key, path in requests.items()
    ]
    body = transport.ask("POST", Resource.GRAPH, "$batch", json={"requests": asked}).body
    given = body.get("responses") if isinstance(body, dict) else None
    if not isinstance(given, list):
        raise BadAnswer("/$batch: an answer of an unexpected form")
    return {str(one["id"]): one for one in given if isinstance(one, dict) and "id" in one}


def _inner(
    given: Mapping[str, Any] | None, where: str, now: Callable[[], datetime]
) -> dict[str, Any] | ConnectorError | Again | TokenRefused:
    """What one answer inside a `$batch` means."""
    status = given.get("status") if given else None
    if given is None or not isinstance(status, int):
        return Again(BadAnswer(f"{where}: missing in the answer of a $batch"))
    body, headers = given.get("body"), given.get("headers")
    if 200 <= status < 300:
        return (
            body if isinstance(body, dict) else Again(BadAnswer(f"{where}: an answer of an unexpected form"))
        )
    if status < 400:
        return BadAnswer(f"{where}: redirected inside a $batch ({status})")
    return refusal(status, headers if isinstance(headers, dict) else {}, body, where, now)
