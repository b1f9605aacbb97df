"""The tables of the relational store."""

from service.models.account import Account, Session
from service.models.base import Base
from service.models.measurement import Measurement
from service.models.organisation import Milestone, Organisation, Unit
from service.models.publication import Publication, PublishedCoverage, PublishedRoom, PublishedValue
from service.models.source import (
    Coverage,
    Hint,
    Journal,
    KnownContent,
    Membership,
    Person,
    Room,
    Source,
    Subscription,
    Sync,
)

__all__ = [
    "Account",
    "Base",
    "Coverage",
    "Hint",
    "Journal",
    "KnownContent",
    "Measurement",
    "Membership",
    "Milestone",
    "Organisation",
    "Person",
    "Publication",
    "PublishedCoverage",
    "PublishedRoom",
    "PublishedValue",
    "Room",
    "Session",
    "Source",
    "Subscription",
    "Sync",
    "Unit",
]
