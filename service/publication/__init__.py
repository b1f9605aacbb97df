"""What may be shown: one jointly checked publication of the measurements."""

from service.publication.publish import publish

__all__ = ["publish"]
