"""The responses of a LimeSurvey survey by its Remote Control API, through the library `citric` (extra `limesurvey`)."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from service.errors import Invalid
from service.surveys.imports.reading import Sheet

HERE = ("localhost", "127.0.0.1", "::1")


def fetch(url: str, user: str, password: str, survey: int, fields: Sequence[str]) -> Sheet:
    """Finished responses with question codes as headings and answer codes as cells.

    Only `fields` are asked for, so that times, addresses and names never leave LimeSurvey. Lines are counted as in its own
    export, the headings being line 1. Raises `Invalid` where it can not be reached or does not let us in.
    """
    try:
        import requests
        from citric import Client
        from citric.exceptions import LimeSurveyError
    except ImportError:
        raise Invalid(
            "reading LimeSurvey by its API needs the extra: pip install 'resonanz[limesurvey]'"
        ) from None
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in HERE):
        raise Invalid("give the address of the Remote Control API, https://…/admin/remotecontrol")
    if not fields:
        raise Invalid("the mapping must name the columns (question codes) to read from LimeSurvey")
    try:
        with Client(url, user, password) as client:
            found = client.export_responses_dict(
                survey,
                completion_status="complete",
                heading_type="code",
                response_type="short",
                fields=[*fields],
            )
    except LimeSurveyError as error:
        raise Invalid(f"LimeSurvey refused: {error}") from None
    except requests.RequestException as error:
        raise Invalid(f"LimeSurvey can not be reached at {parts.hostname}: {type(error).__name__}") from None
    except ValueError:
        raise Invalid("LimeSurvey answered with something that is no list of responses") from None
    rows = [(line, {field: _text(one.get(field)) for field in fields}) for line, one in enumerate(found, 2)]
    absent = [field for field in fields if found and all(field not in one for one in found)]
    if absent:
        raise Invalid(f"LimeSurvey has no column {absent[0]!r} in survey {survey}")
    return Sheet([*fields], rows)


def _text(value: object) -> str:
    return "" if value is None else str(value).strip()
