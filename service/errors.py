"""Errors the service expects, each with the HTTP status it is answered with.

ServiceError
├── NotFound           404
├── Invalid            422   the input is wrong: the message says what and how to mend it
├── NotSignedIn        401
├── Forbidden          403
├── Conflict           409   somebody else is at it (a sync of the same source)
├── TooManyAttempts    429   too many failed sign-ins: try again after `seconds`
├── NothingPublished   503   nothing was published yet
├── NotReady           503   the database or the key can not be reached
├── SchemaOutdated     503
└── SchemaTooNew       503   the database belongs to a newer program
"""

from typing import ClassVar


class ServiceError(Exception):
    """`slug` names the kind of problem in its RFC 9457 `type`.

    What readers of pages may meet is a text of the catalogue (`service.language.N_`), and what it names as `%(name)s` is given beside it, so
    that `Language.told` can say it in their language.
    """

    status: ClassVar[int] = 500
    slug: ClassVar[str] = "internal"
    title: ClassVar[str] = "Internal error"

    def __init__(self, message: str = "", /, **named: object) -> None:
        super().__init__(message % named if named else message)
        self.message, self.named = message, named


class NotFound(ServiceError):
    status, slug, title = 404, "not-found", "Not found"


class Invalid(ServiceError):
    status, slug, title = 422, "invalid", "Invalid input"


class NotSignedIn(ServiceError):
    status, slug, title = 401, "not-signed-in", "Not signed in"


class Forbidden(ServiceError):
    status, slug, title = 403, "forbidden", "Forbidden"


class Conflict(ServiceError):
    status, slug, title = 409, "conflict", "Conflict"


class TooManyAttempts(ServiceError):
    status, slug, title = 429, "too-many-attempts", "Too many attempts"

    def __init__(self, message: str, seconds: int) -> None:
        super().__init__(message)
        self.seconds = seconds


class NothingPublished(ServiceError):
    status, slug, title = 503, "nothing-published", "Nothing published yet"


class NotReady(ServiceError):
    status, slug, title = 503, "not-ready", "Not ready"


class SchemaOutdated(ServiceError):
    status, slug, title = 503, "schema-outdated", "Database schema is not current"


class SchemaTooNew(SchemaOutdated):
    title = "Database newer than the program"
