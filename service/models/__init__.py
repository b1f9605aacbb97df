"""The tables of the relational store."""

from service.models.account import Account, ApiToken, PasswordLink, Session, SignInTries, SpentSignIn
from service.models.advice import MeasureDecision, PlanFrame
from service.models.agreement import AgreementSignature, AgreementVersion, HolderKey
from service.models.audit import AuditEntry, AuditHead
from service.models.base import Base
from service.models.comparison import BenchmarkFile, ComparisonPublication, OrganisationProfile
from service.models.embed import Embed
from service.models.fields import NeedRating, PotentialField
from service.models.job import Job, Schedule, Worker
from service.models.maturity import Assessment, Evidence, EvidenceRating
from service.models.measurement import Fingerprint, Measurement, Measuring
from service.models.organisation import Milestone, OfficialUnit, Organisation, Shutdown, Site, Unit
from service.models.publication import (
    Publication,
    PublishedCoverage,
    PublishedRoom,
    PublishedValue,
    ReleasedCount,
)
from service.models.retention import Retention
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
from service.models.survey import (
    Invitation,
    PublishedAnswer,
    Response,
    SurveyGroup,
    SurveyImport,
    SurveyPublication,
    SurveyRound,
)

__all__ = [
    "Account",
    "AgreementSignature",
    "AgreementVersion",
    "Alias",
    "ApiToken",
    "Assessment",
    "AuditEntry",
    "AuditHead",
    "Base",
    "BenchmarkFile",
    "ComparisonPublication",
    "Coverage",
    "Embed",
    "Evidence",
    "EvidenceRating",
    "Fingerprint",
    "Hint",
    "HolderKey",
    "Invitation",
    "Job",
    "Journal",
    "KnownContent",
    "MeasureDecision",
    "Measurement",
    "Measuring",
    "Membership",
    "Milestone",
    "NeedRating",
    "OfficialUnit",
    "Organisation",
    "OrganisationProfile",
    "PasswordLink",
    "Person",
    "PlanFrame",
    "PotentialField",
    "Publication",
    "PublishedAnswer",
    "PublishedCoverage",
    "PublishedRoom",
    "PublishedValue",
    "ReleasedCount",
    "Response",
    "Retention",
    "Room",
    "Schedule",
    "Session",
    "Shutdown",
    "SignInTries",
    "Site",
    "Source",
    "Spell",
    "SpentSignIn",
    "Subscription",
    "SurveyGroup",
    "SurveyImport",
    "SurveyPublication",
    "SurveyRound",
    "Sync",
    "Unit",
    "Worker",
]
