"""What can go wrong while reading a source, grouped by what the caller does next.

ConnectorError
├── Misconfigured        ask the admin: the settings are wrong (address, flavour, credential file)
├── AccessDenied         ask the admin: the account may not read this (401, 403)
├── NotThere             skip and record the gap: the room or content is gone or hidden (404)
├── CursorExpired        read the stream again from the start; keys keep it from doubling
├── SourceBusy           wait `seconds`, then try again (429, 503)
├── SourceUnreachable    try again later: no connection, reset, timeout, 5xx after all retries
└── BadAnswer            try again later, then record a gap: HTML instead of JSON, truncated or empty body
"""


class ConnectorError(Exception):
    """The message names what is wrong and how to mend it, and holds no secret, name or content."""


class Misconfigured(ConnectorError):
    pass


class AccessDenied(ConnectorError):
    pass


class NotThere(ConnectorError):
    pass


class CursorExpired(ConnectorError):
    """`location` is where to read on instead, if the platform told."""

    def __init__(self, message: str, location: str | None = None) -> None:
        super().__init__(message)
        self.location = location


class SourceBusy(ConnectorError):
    def __init__(self, message: str, seconds: float) -> None:
        super().__init__(message)
        self.seconds = seconds


class SourceUnreachable(ConnectorError):
    pass


class BadAnswer(ConnectorError):
    pass
