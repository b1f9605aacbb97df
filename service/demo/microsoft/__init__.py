"""A fictitious Microsoft 365 tenant: its truth, and servers that speak as its login, Graph, SharePoint and audit feed."""

from service.demo.microsoft.cloud import MicrosoftCloud
from service.demo.microsoft.tenant import Tenant

__all__ = ["MicrosoftCloud", "Tenant"]
