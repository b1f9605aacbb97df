"""Times as platforms write them, turned into aware UTC."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from connectors.errors import BadAnswer


def moment(text: object) -> datetime:
    """An ISO 8601 time as aware UTC; one without an offset is taken as UTC. Raises `BadAnswer` if it is none."""
    try:
        read = datetime.fromisoformat(str(text))
        return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadAnswer(
            "a time in an answer is not in ISO 8601, or before the year 1 or after 9999"
        ) from None


def http_date(text: str) -> datetime | None:
    """An HTTP date (RFC 9110, 5.6.7) as aware UTC, None if it is none."""
    try:
        read = parsedate_to_datetime(text)
        return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        return None
