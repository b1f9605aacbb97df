"""The tables of the relational store."""

from service.models.account import Account, Session
from service.models.base import Base
from service.models.measurement import Measurement
from service.models.organisation import Milestone, OfficialUnit, Organisation, Shutdown, Site, Unit
from service.models.publication import Publication, PublishedCoverage, PublishedRoom, PublishedValue
from service.models.source import (
    Alias,
    Coverage,
    Hint,
    Journal,
    KnownContent,
    Membership,
    Person,
    Room,
    Source,
    Spell,
    Subscription,
    Sync,
)

__all__ = [
    "Account",
    "Alias",
    "Base",
    "Coverage",
    "Hint",
    "Journal",
    "KnownContent",
    "Measurement",
    "Membership",
    "Milestone",
    "OfficialUnit",
    "Organisation",
    "Person",
    "Publication",
    "PublishedCoverage",
    "PublishedRoom",
    "PublishedValue",
    "Room",
    "Session",
    "Shutdown",
    "Site",
    "Source",
    "Spell",
    "Subscription",
    "Sync",
    "Unit",
]
