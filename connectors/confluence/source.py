"""What the streams of one source share."""

from dataclasses import dataclass

from connectors.base import Memory
from connectors.confluence.directory import Directory
from connectors.confluence.platform import Platform
from connectors.confluence.settings import Settings
from connectors.confluence.transport import Transport


@dataclass(frozen=True, slots=True)
class Source:
    settings: Settings
    platform: Platform
    transport: Transport
    directory: Directory
    memory: Memory
