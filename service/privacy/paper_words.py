"""How the readable agreement calls what the machine-readable one lists by key."""

from collections.abc import Mapping

from metrics.metric import Label

KINDS: Mapping[str, Label] = {
    "view": Label(de="Aufruf", en="view"),
    "react": Label(de="Reaktion", en="reaction"),
    "withdraw": Label(de="zurückgenommene Reaktion", en="withdrawn reaction"),
    "comment": Label(de="Kommentar", en="comment"),
    "reply": Label(de="Antwort", en="reply"),
    "create": Label(de="Anlegen", en="creation"),
    "edit": Label(de="Bearbeiten", en="edit"),
    "message": Label(de="Nachricht in einem Raum", en="message in a room"),
    "join": Label(de="Beitritt zu einem Raum", en="joining a room"),
    "leave": Label(de="Austritt aus einem Raum", en="leaving a room"),
    "delete": Label(de="Löschen", en="deletion"),
    "views": Label(de="Zahl der Aufrufe", en="number of views"),
    "viewers": Label(de="Zahl der Lesenden", en="number of viewers"),
    "reactions": Label(de="Zahl der Reaktionen", en="number of reactions"),
    "period_views": Label(de="Aufrufe eines Zeitraums", en="views of a period"),
    "period_people": Label(de="Zahl der Menschen eines Zeitraums", en="number of people of a period"),
    "period_messages": Label(de="Nachrichten eines Zeitraums", en="messages of a period"),
    "period_replies": Label(de="Antworten eines Zeitraums", en="replies of a period"),
    "period_reactions": Label(de="Reaktionen eines Zeitraums", en="reactions of a period"),
    "period_files": Label(de="genutzte Dateien eines Zeitraums", en="files used in a period"),
}
SCOPES: Mapping[str, Label] = {
    "organisation": Label(de="Organisation", en="organisation"),
    "unit": Label(de="Abteilung", en="unit"),
    "room": Label(de="Raum", en="room"),
}
WINDOWS: Mapping[str, Label] = {
    "week": Label(de="Woche", en="week"),
    "days28": Label(de="28 Tage", en="28 days"),
    "weeks26": Label(de="26 Wochen", en="26 weeks"),
}
PRIVACY: Mapping[str, Label] = {
    "L": Label(de="Summenwert", en="aggregate"),
    "M": Label(de="Dominanz geprüft", en="dominance checked"),
    "H": Label(de="nur als Anteil vieler", en="only as a share of many"),
}
TABLES: Mapping[str, Label] = {
    "activity_log": Label(
        de="Aktivitäten: wer (als Pseudonym) wann in welchem Raum was tat",
        en="Activities: who (as a pseudonym) did what in which room and when",
    ),
    "person": Label(de="Menschen unter Pseudonym", en="People under a pseudonym"),
    "spell": Label(
        de="Verlauf von Abteilung, Standort und Führungsebene",
        en="History of unit, site and level of leadership",
    ),
    "membership": Label(de="Zugehörigkeit zu Räumen", en="Membership of rooms"),
    "room": Label(de="Räume", en="Rooms"),
    "content": Label(
        de="Seiten und Beiträge, ohne Titel und Text", en="Pages and posts, without title and text"
    ),
    "alias": Label(
        de="Verschlüsselte Namen von Räumen und Inhalten", en="Hashed names of rooms and contents"
    ),
    "unit": Label(de="Abteilungen", en="Units"),
    "site": Label(de="Standorte", en="Sites"),
    "measurement": Label(de="Messwerte, nur intern", en="Measurements, internal only"),
    "publication": Label(de="Veröffentlichungen", en="Publications"),
    "published_value": Label(de="Veröffentlichte Werte", en="Published values"),
    "published_room": Label(de="Veröffentlichte Räume", en="Published rooms"),
    "published_coverage": Label(de="Veröffentlichte Vollständigkeit", en="Published coverage"),
    "released_count": Label(
        de="Zählungen hinter Veröffentlichtem, nur intern", en="Counts behind what was published, inside only"
    ),
    "survey_round": Label(de="Umfragewellen", en="Survey rounds"),
    "survey_group": Label(de="Eingeladene Gruppen", en="Groups invited"),
    "invitation": Label(
        de="Unbenutzte Umfragelinks, ohne Person", en="Unused links of surveys, without a person"
    ),
    "response": Label(
        de="Antworten, ohne Person, Zeit und Reihenfolge", en="Answers, without person, time or order"
    ),
    "survey_import": Label(
        de="Prüfsummen übernommener Antworten", en="Digests of answers taken over from elsewhere"
    ),
    "survey_publication": Label(de="Veröffentlichungen von Umfragen", en="Publications of surveys"),
    "published_answer": Label(de="Veröffentlichte Umfragewerte", en="Published values of surveys"),
    "account": Label(de="Zugänge zu Resonanz", en="Accounts of Resonanz"),
    "session": Label(de="Anmeldungen an Resonanz", en="Sessions at Resonanz"),
    "source": Label(de="Angebundene Systeme", en="Connected systems"),
    "organisation": Label(de="Organisation", en="Organisation"),
}
GROUPS: Mapping[str, Label] = {
    "observed": Label(de="Beobachtete Daten", en="Observed data"),
    "survey": Label(de="Umfragen", en="Surveys"),
    "floor": Label(
        de="Untergrenze, die das Programm auch bei anderer Einstellung nicht unterschreitet",
        en="Floor below which the program does not go, whatever is set",
    ),
}
RETENTION: Mapping[str, Label] = {
    "activities": Label(de="Einzelne Aktivitäten, pseudonym", en="Single activities, pseudonymous"),
    "people": Label(
        de="Was von Personen nicht mehr gilt: frühere Abteilung, beendete Mitgliedschaft, lange stillgelegtes Konto",
        en="What no longer holds of people: earlier units, ended memberships, accounts long out of use",
    ),
    "person_roll_ups": Label(de="Zwischenergebnisse je Person", en="Intermediate results per person"),
    "measurements": Label(de="Messwerte und Veröffentlichungen", en="Measurements and publications"),
}
ROUNDED: Mapping[str, Label] = {
    "share": Label(de="Anteile", en="shares"),
    "hours": Label(de="Stunden", en="hours"),
    "days": Label(de="Tage", en="days"),
    "ratio": Label(de="Verhältnisse", en="ratios"),
    "number": Label(de="Anzahlen", en="numbers"),
    "index": Label(de="Indizes", en="indices"),
}
ROLES: Mapping[str, Label] = {
    "viewer": Label(de="Lesende", en="viewer"),
    "analyst": Label(de="Auswertung", en="analyst"),
    "comms_admin": Label(de="Leitung Kommunikation", en="communications administration"),
    "it_admin": Label(de="IT-Administration", en="IT administration"),
    "auditor": Label(de="Betriebsrat, Datenschutz, Revision", en="works council, data protection, audit"),
}
PERMISSIONS: Mapping[str, Label] = {
    "view": Label(de="Seiten ansehen", en="viewing pages"),
    "query": Label(de="Werte abfragen und ausgeben", en="querying and exporting values"),
    "tokens": Label(de="eigene Zugangsschlüssel zur Schnittstelle", en="own tokens for the interface"),
    "manage": Label(
        de="Umfragen, Nachweise und Maßnahmen verwalten", en="managing surveys, evidence and measures"
    ),
    "embed": Label(
        de="Karten für fremde Seiten freigeben und zurückziehen",
        en="releasing cards for other pages and taking them back",
    ),
    "audit": Label(
        de="Einsicht in Erhebung, Zugänge und Protokoll der Abfragen",
        en="seeing what is collected, who has access, and the log of queries",
    ),
    "operate": Label(
        de="Aufträge des Dienstes starten, wiederholen, beiseitelegen",
        en="starting, repeating and putting aside jobs of the service",
    ),
    "own": Label(de="sich abmelden", en="signing out"),
}
HOLDERS: Mapping[str, Label] = {
    "admin": Label(de="IT-Administration", en="IT administration"),
    "council": Label(de="Betriebsrat", en="Works council"),
}
SECTIONS: Mapping[str, Label] = {
    "purposes": Label(de="Zwecke", en="Purposes"),
    "exclusions": Label(de="Ausgeschlossene Nutzung", en="Excluded use"),
    "sources": Label(de="Datenquellen", en="Sources"),
    "fields": Label(de="Gespeicherte Felder", en="Stored fields"),
    "metrics": Label(de="Kennzahlen", en="Metrics"),
    "groups": Label(de="Mindestgrößen von Gruppen", en="Minimum group sizes"),
    "suppression": Label(de="Regeln der Unterdrückung", en="Rules of suppression"),
    "retention": Label(de="Aufbewahrung", en="Retention"),
    "roles": Label(de="Rollen", en="Roles"),
    "outputs": Label(de="Ausgabewege", en="Outputs"),
    "holders": Label(de="Schlüssel", en="Keys"),
}
EFFECTS: Mapping[str, Label] = {
    "loosening": Label(de="senkt den Schutz", en="lowers protection"),
    "tightening": Label(de="erhöht den Schutz", en="raises protection"),
    "neutral": Label(de="ohne Wirkung auf den Schutz", en="no effect on protection"),
}
TEXT: Mapping[str, Label] = {
    "title": Label(de="Anlage zur Betriebsvereinbarung", en="Annex to the works agreement"),
    "subtitle": Label(
        de="Einsatz von Resonanz zur Messung der Nutzung des Intranets",
        en="Use of Resonanz to measure how the intranet is used",
    ),
    "organisation": Label(de="Organisation", en="Organisation"),
    "version": Label(de="Fassung", en="Version"),
    "created": Label(de="Erstellt am", en="Drawn up on"),
    "software": Label(de="Programmfassung", en="Program version"),
    "digest": Label(de="Prüfsumme (SHA-256)", en="Digest (SHA-256)"),
    "generated": Label(
        de="Diese Anlage wurde aus der laufenden Konfiguration erzeugt. Maßgeblich ist die maschinenlesbare Fassung mit der oben "
        "genannten Prüfsumme. Der Dienst verweigert, was über sie hinausgeht.",
        en="This annex was generated from the running configuration. The machine-readable version with the digest above is "
        "authoritative. The service refuses whatever exceeds it.",
    ),
    "purposes_intro": Label(
        de="Resonanz darf ausschließlich zu den folgenden Zwecken eingesetzt werden.",
        en="Resonanz may be used for the following purposes only.",
    ),
    "exclusions_intro": Label(
        de="Unzulässig und technisch nicht vorgesehen sind:",
        en="Not permitted, and not provided for technically:",
    ),
    "sources_intro": Label(
        de="Gelesen wird nur aus den aufgeführten Quellen, mit lesendem Zugriff. Quellen, die von einzelnen Personen "
        "berichten, was sie geöffnet haben, sind gekennzeichnet; sie dürfen nur laufen, solange sie hier stehen.",
        en="Only the sources listed are read, and nothing is written to them. Sources that tell of single people what they opened are "
        "marked; they may run only while they are listed here.",
    ),
    "no_sources": Label(de="Es ist keine Quelle vereinbart.", en="No source is agreed on."),
    "source": Label(de="Quelle", en="Source"),
    "connector": Label(de="Anbindung", en="Connector"),
    "streams": Label(de="Gelesene Bereiche", en="Parts read"),
    "kinds": Label(de="Arten von Aktivitäten", en="Kinds of activities"),
    "settings": Label(de="Einstellungen", en="Settings"),
    "opt_in": Label(de="gesondert vereinbarte Quelle", en="source agreed on separately"),
    "fields_intro": Label(
        de="Gespeichert werden ausschließlich die folgenden Felder. Personen erscheinen nur unter einem Pseudonym, dessen "
        "Schlüssel außerhalb der Datenbank liegt. Namen, E-Mail-Adressen, Titel und Texte werden nicht gespeichert.",
        en="Only the following fields are stored. People appear under a pseudonym only, the key of which lies outside the database. "
        "Names, mail addresses, titles and text are not stored.",
    ),
    "table": Label(de="Tabelle", en="Table"),
    "columns": Label(de="Felder", en="Fields"),
    "metrics_intro": Label(
        de="Berechnet werden ausschließlich die folgenden Kennzahlen auf den genannten Ebenen und über die genannten Zeiträume.",
        en="Only the following metrics are computed, for the levels and over the periods named.",
    ),
    "metric": Label(de="Kennzahl", en="Metric"),
    "scopes": Label(de="Ebenen", en="Levels"),
    "windows": Label(de="Zeiträume", en="Periods"),
    "privacy": Label(de="Schutz", en="Protection"),
    "groups_intro": Label(
        de="Werte kleinerer Gruppen werden weder gezeigt noch ausgegeben.",
        en="Values of smaller groups are neither shown nor exported.",
    ),
    "people": Label(de="Personen", en="people"),
    "least": Label(de="Mindestens", en="At least"),
    "data": Label(de="Daten", en="Data"),
    "rounding": Label(de="Werte werden gerundet auf: ", en="Values are rounded to: "),
    "relations": Label(
        de="{count} Zusammenhänge zwischen Kennzahlen werden dabei berücksichtigt; sie stehen in der maschinenlesbaren Fassung.",
        en="{count} relations between metrics are taken into account; they are listed in the machine-readable version.",
    ),
    "kept": Label(de="Aufbewahrt", en="Kept"),
    "days": Label(de="{days} Tage", en="{days} days"),
    "never": Label(de="werden nicht gespeichert", en="are not stored"),
    "for_ever": Label(de="bis zur Löschung", en="until erased"),
    "role": Label(de="Rolle", en="Role"),
    "permissions": Label(de="Darf", en="May"),
    "outputs_intro": Label(
        de="Ergebnisse verlassen den Dienst nur auf diesen Wegen:",
        en="Results leave the service by these ways only:",
    ),
    "changes": Label(de="Änderungen und Schlüssel", en="Changes and keys"),
    "changes_intro": Label(
        de="Wer den Schutz senken will, braucht eine neue Fassung, die von IT-Administration und Betriebsrat elektronisch signiert ist. "
        "Für Änderungen, die den Schutz erhöhen, genügt eine Signatur. Jede Änderung wird protokolliert. Was nicht nachweislich "
        "den Schutz erhöht, gilt als Senkung.",
        en="Lowering protection takes a new version signed electronically by IT administration and works council. Changes that raise "
        "protection need one signature. Every change is logged. Whatever does not provably raise protection counts as lowering it.",
    ),
    "holder": Label(de="Inhaber", en="Holder"),
    "public_key": Label(de="Öffentlicher Schlüssel (Ed25519)", en="Public key (Ed25519)"),
    "difference": Label(de="Unterschied zur letzten Fassung", en="Difference to the last version"),
    "first": Label(de="Dies ist die erste Fassung.", en="This is the first version."),
    "same": Label(
        de="Gegenüber der letzten Fassung ändert sich nichts.", en="Nothing differs from the last version."
    ),
    "place": Label(de="Stelle", en="Place"),
    "before": Label(de="Bisher", en="So far"),
    "after": Label(de="Künftig", en="From now on"),
    "effect": Label(de="Wirkung", en="Effect"),
    "nothing": Label(de="nicht enthalten", en="not listed"),
    "listed": Label(de="enthalten", en="listed"),
    "signatures": Label(de="Unterschriften", en="Signatures"),
    "signed": Label(de="Elektronisch signiert am", en="Signed electronically on"),
    "by_hand": Label(de="Ort, Datum, Unterschrift", en="Place, date, signature"),
    "unsigned": Label(de="noch nicht", en="not yet"),
    "page": Label(de="Seite", en="Page"),
}
