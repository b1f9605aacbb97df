"""What pages and console call jobs, their states, and what went wrong with them: fixed sentences, never what an error said."""

from collections.abc import Mapping

from metrics.metric import Label

KINDS: Mapping[str, Label] = {
    "nightly": Label(
        de="Jede Nacht: lesen, messen, veröffentlichen", en="Every night: read, measure, publish"
    ),
    "sync": Label(de="Quelle lesen", en="Read a source"),
    "hinted": Label(de="Gemeldete Änderungen lesen", en="Read changes told of"),
    "subscribe": Label(de="Meldungen abonnieren", en="Subscribe to changes"),
    "compute": Label(de="Messen und veröffentlichen", en="Measure and publish"),
    "assess": Label(de="Reifegrad bestimmen", en="Assess the maturity"),
    "retention": Label(de="Altes löschen", en="Delete what is too old"),
    "backup": Label(de="Sicherung", en="Backup"),
}
"""By what is asked for or scheduled; `nightly` becomes several jobs."""

STATES: Mapping[str, Label] = {
    "waiting": Label(de="wartet", en="waiting"),
    "running": Label(de="läuft", en="running"),
    "done": Label(de="erledigt", en="done"),
    "poison": Label(de="aufgegeben", en="given up"),
    "dismissed": Label(de="beiseitegelegt", en="put aside"),
    "superseded": Label(de="überholt", en="superseded"),
}

_UNKNOWN = Label(
    de="Ein unerwarteter Fehler; das Protokoll des Dienstes nennt die Stelle.",
    en="An unexpected error; the service's log names the place.",
)
_DATABASE = Label(
    de="Die Datenbank war nicht erreichbar oder überlastet.",
    en="The database could not be reached or was overloaded.",
)
ERRORS: Mapping[str, Label] = {
    "AccessDenied": Label(
        de="Das Konto darf das nicht lesen: „resonanz source check“ nennt die fehlende Berechtigung.",
        en="The account may not read this: “resonanz source check” names the permission that is missing.",
    ),
    "AgreementBroken": Label(
        de="Die geltende Vereinbarung wurde verändert: „resonanz privacy agreement verify“ zeigt es.",
        en="The agreement in force was tampered with: “resonanz privacy agreement verify” shows it.",
    ),
    "BackupFailed": Label(
        de="Die Sicherung konnte nicht geschrieben werden: Platz und Rechte des Ordners prüfen.",
        en="The backup could not be written: look at the folder's space and permissions.",
    ),
    "BadAnswer": Label(
        de="Die Plattform antwortete unbrauchbar.", en="The platform's answer could not be used."
    ),
    "Conflict": Label(
        de="Jemand anderes arbeitet gerade daran; es wird von selbst wieder versucht.",
        en="Somebody else is at it right now; it is tried again by itself.",
    ),
    "ExceedsAgreement": Label(
        de="Die geltende Vereinbarung erlaubt das nicht: „resonanz privacy agreement diff --version running“.",
        en="The agreement in force does not allow this: “resonanz privacy agreement diff --version running”.",
    ),
    "Invalid": Label(
        de="Eine Einstellung passt nicht; derselbe Befehl an der Konsole nennt sie.",
        en="A setting does not fit; the same command at the console names it.",
    ),
    "KeyUnusable": Label(
        de="Der Pseudonymschlüssel ist nicht lesbar: „resonanz doctor“ sagt, was zu tun ist.",
        en="The pseudonym key can not be read: “resonanz doctor” says what to do.",
    ),
    "LogUnusable": Label(
        de="Das Aktivitätsprotokoll passt nicht zum Schlüssel: „resonanz doctor“ sagt, was zu tun ist.",
        en="The activity log does not fit the key: “resonanz doctor” says what to do.",
    ),
    "Misconfigured": Label(
        de="Die Einstellungen der Quelle stimmen nicht: „resonanz source check“ nennt den Fehler.",
        en="The source's settings are wrong: “resonanz source check” names what is.",
    ),
    "NothingPublished": Label(
        de="Es gibt noch nichts zu veröffentlichen: erst eine Quelle lesen.",
        en="There is nothing to publish yet: read a source first.",
    ),
    "ProcessDied": Label(
        de="Der Prozess endete mitten in der Arbeit, vielleicht aus Mangel an Speicher.",
        en="The process ended in the middle of the work, perhaps for lack of memory.",
    ),
    "Recoverable": Label(
        de="Die Prüfung vor der Veröffentlichung fand einen berechenbaren verborgenen Wert; nichts wurde veröffentlicht.",
        en="The check before publishing found a hidden value that could be worked out; nothing was published.",
    ),
    "RegisterUnusable": Label(
        de="Es ist nicht bekannt, wer widersprochen hat: „resonanz doctor“ sagt, was zu tun ist.",
        en="It is not known who opted out: “resonanz doctor” says what to do.",
    ),
    "RetentionIncomplete": Label(
        de="Etwas zu Altes liegt noch auf der Platte: „resonanz privacy retention“ wiederholt das Löschen.",
        en="Something too old is still on the disk: “resonanz privacy retention” deletes again.",
    ),
    "SourceBusy": Label(de="Die Plattform bat um Geduld.", en="The platform asked for patience."),
    "SourceUnreachable": Label(
        de="Die Plattform war nicht erreichbar.", en="The platform could not be reached."
    ),
    "Stopped": Label(
        de="Der Dienst ist für diese Organisation angehalten: „resonanz privacy resume“ beendet das.",
        en="The service is stopped for this organisation: “resonanz privacy resume” ends that.",
    ),
    "DatabaseAway": Label(
        de="Die Datenbank war nicht erreichbar; sobald sie antwortet, geht es von selbst weiter.",
        en="The database could not be reached; as soon as it answers, it goes on by itself.",
    ),
    "DiskFull": Label(
        de="Der Datenträger ist voll: Platz schaffen, dann geht es von selbst weiter („resonanz doctor“ nennt den Ordner).",
        en="The disk is full: make room, then it goes on by itself (“resonanz doctor” names the folder).",
    ),
    "StoreReadOnly": Label(
        de="Daten oder Datenbank sind schreibgeschützt: Einbindung des Dateisystems prüfen, dann geht es von selbst weiter.",
        en="Data or database are read-only: look how the file system is mounted, then it goes on by itself.",
    ),
    "StoreDenied": Label(
        de="Dem Konto des Dienstes fehlt das Recht an einem Ordner oder einer Datei: „resonanz doctor“ sagt, was zu tun ist.",
        en="The account of the service has no permission for a folder or file: “resonanz doctor” says what to do.",
    ),
    "OperationalError": _DATABASE,
    "InterfaceError": _DATABASE,
    "MemoryError": Label(de="Der Speicher reichte nicht.", en="There was not enough memory."),
}
"""By the name of the kind of error that a job keeps."""


def kind(key: str) -> Label:
    """What is asked for; a word nobody knows is told as it is."""
    return KINDS.get(key) or Label(de=key, en=key)


def state(key: str) -> Label:
    return STATES.get(key) or Label(de=key, en=key)


def error(name: str | None) -> Label | None:
    """A sentence on what went wrong and what to do; None where nothing did."""
    return None if name is None else ERRORS.get(name, _UNKNOWN)
