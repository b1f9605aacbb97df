"""Where each organisation keeps what it shares with no other: pseudonym key, register of rights, activity log.

```
<directory of the key file>/installation.key            signs what is the installation's: cursors, counts of sign-ins
<directory of the key file>/<organisation>/pseudonym.key
<directory of the key file>/<organisation>/rights       with its key `rights.key`
<log>/<organisation>                                    a Delta table
```

Folders are named by the organisation's key. Whatever a key may be (`KEY`), two of them never name one folder, on no file system: there
are no capitals, no letters beyond a to z, no dots and no slashes. Key file, register and log also say inside whose they are, and are
refused in the place of another.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from service.errors import Invalid
from service.settings import Settings

if TYPE_CHECKING:
    from service.activity.log import ActivityLog
    from service.activity.pseudonym import Pseudonymiser
    from service.privacy.register import Register

KEY = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
"""What an organisation may be called in paths, commands and addresses."""


@dataclass(frozen=True)
class Places:
    """`key_file` and `logs` as they are set: an organisation's own lie in folders of its name beside and below them."""

    key_file: Path
    logs: str

    @property
    def installation_key(self) -> Path:
        return self.key_file.with_name("installation.key")

    def key(self, organisation: str) -> Path:
        """The file of the pseudonym key. Raises `Invalid` for what is no organisation's key, and where old stores lie unseparated."""
        self._require(organisation)
        return self.key_file.parent / organisation / self.key_file.name

    def register(self, organisation: str) -> "Register":
        from service.privacy.register import Register

        return Register(self.key(organisation).with_name("rights"), organisation)

    def pseudonymiser(self, organisation: str) -> "Pseudonymiser":
        """Knows who has opted out; the key is made on first use. Raises `KeyUnusable`, `RegisterUnusable`, and as `key` does."""
        from service.activity.pseudonym import Pseudonymiser, open_keys
        from service.privacy.register import OptedOut

        opted_out = OptedOut(self.register(organisation))
        return Pseudonymiser(open_keys(self.key(organisation), organisation), organisation, opted_out)

    def log(self, organisation: str) -> "ActivityLog":
        """Raises `LogUnusable` for a path Delta can not use, and as `key` does."""
        from service.activity.log import ActivityLog

        self._require(organisation)
        return ActivityLog(f"{self.logs.rstrip('/')}/{organisation}", organisation)

    def _require(self, organisation: str) -> None:
        if not KEY.fullmatch(organisation):
            raise Invalid(
                f"{organisation!r} can not be the key of an organisation: small letters a to z, digits and hyphens only, at most 63, "
                "since folders are named by it"
            )
        # From before each organisation had its own.
        commits = Path(self.logs.removeprefix("file://")) / "_delta_log"
        for old, there in ((commits, commits.is_dir()), (self.key_file, self.key_file.is_file())):
            if there:
                raise Invalid(
                    f"{old} is of a time when all organisations shared one log and one key: stop the service, move {old.parent} away, and "
                    "`resonanz sync` anew"
                )


def places(settings: Settings) -> Places:
    """Where each organisation of this installation keeps its own."""
    return Places(settings.key_path, settings.log or str((settings.data / "activity").absolute()))
