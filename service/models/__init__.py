"""The tables of the relational store."""

from service.models.account import Account, ApiToken, Session, SpentSignIn
from service.models.agreement import AgreementSignature, AgreementVersion, HolderKey
from service.models.audit import AuditEntry, AuditHead
from service.models.base import Base
from service.models.measurement import Fingerprint, Measurement, Measuring
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
    "AgreementSignature",
    "AgreementVersion",
    "Alias",
    "ApiToken",
    "AuditEntry",
    "AuditHead",
    "Base",
    "Coverage",
    "Fingerprint",
    "Hint",
    "HolderKey",
    "Journal",
    "KnownContent",
    "Measurement",
    "Measuring",
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
    "SpentSignIn",
    "Subscription",
    "Sync",
    "Unit",
]
