"""What cards and the page of embeds say beyond the texts of the other pages, in both languages."""

from metrics.metric import Label
from service.advice.findings import Kind as Finding
from service.cards import Kind

QUESTIONS = {
    Kind.DIALOGUE: Label(
        de="Kommt etwas zurück, wenn jemand spricht?", en="Does anything come back when somebody speaks?"
    ),
    Kind.FINDINGS: Label(
        de="Was aus Verhalten, Umfrage und Dokumenten am stärksten auffällt.",
        en="What stands out most in behaviour, survey and documents.",
    ),
}
FINDINGS = {
    Finding.GAP: Label(de="Lücke", en="Gap"),
    Finding.DISAGREEMENT: Label(de="Widerspruch", en="Disagreement"),
    Finding.STRENGTH: Label(de="Stärke", en="Strength"),
    Finding.RISK: Label(de="Risiko", en="Risk"),
    Finding.CHANCE: Label(de="Chance", en="Chance"),
}

NOTHING_PUBLISHED = Label(de="Es wurde noch nichts veröffentlicht.", en="Nothing has been published yet.")
NOT_PART = Label(
    de="In der aktuellen Veröffentlichung gibt es dazu keinen Wert.",
    en="The current publication holds no value for this.",
)
ROOM_GONE = Label(
    de="Diesen Raum gibt es in der aktuellen Veröffentlichung nicht.",
    en="The current publication does not hold this room.",
)
NOT_ASSESSED = Label(de="Eine Standortbestimmung gab es noch nicht.", en="There has been no assessment yet.")
NO_LEVEL = Label(de="Für eine Stufe ist noch zu wenig bekannt.", en="Too little is known for a level yet.")
NO_FINDING = Label(
    de="Nach den Regeln fällt zurzeit nichts auf.", en="By the rules nothing stands out at the moment."
)

UNTIL = Label(de="Daten bis %(day)s", en="Data until %(day)s")
AGE = {
    0: Label(de="heute", en="today"),
    1: Label(de="gestern", en="yesterday"),
}
AGE_DAYS = Label(de="vor %(number)s Tagen", en="%(number)s days ago")
ASSESSED = Label(de="Standortbestimmung vom %(day)s", en="Assessed on %(day)s")
OLD = Label(de="Diese Daten sind nicht aktuell.", en="These data are not current.")
SYNTHETIC = Label(
    de="Synthetische Daten: Diese Organisation ist erfunden.",
    en="Synthetic data: this organisation is invented.",
)
STOPPED = Label(
    de="Resonanz ist angehalten: Es wird nichts mehr erhoben.",
    en="Resonanz is stopped: nothing is collected any more.",
)
PROBABLY = Label(de="wahrscheinlich %(range)s", en="probably %(range)s")
LATEST = Label(de="Neuester Wert (%(period)s)", en="Latest value (%(period)s)")
PERIOD = Label(de="Zeitraum: %(period)s.", en="Period: %(period)s.")
OPEN = Label(de="In Resonanz öffnen", en="Open in Resonanz")
TABLE = Label(de="Werte als Tabelle", en="Figures as a table")
TONES = {"better": Label(de="(besser)", en="(better)"), "worse": Label(de="(schlechter)", en="(worse)")}
NEVER_A_PERSON = Label(
    de="Gruppen von weniger als %(number)s Menschen werden nie gezeigt.",
    en="Groups of fewer than %(number)s people are never shown.",
)

GONE = Label(
    de="Dieser Link ist abgelaufen oder wurde beendet. Wer die Seite pflegt, bekommt in Resonanz unter „Einbettungen“ einen neuen.",
    en="This link has expired or was ended. Whoever looks after this page gets a new one in Resonanz under “Embeds”.",
)
REFUSED = Label(
    de="Dieser Link ist unvollständig oder nicht gültig. Bitte kopieren Sie ihn in Resonanz unter „Einbettungen“ noch einmal.",
    en="This link is incomplete or not valid. Please copy it once more in Resonanz under “Embeds”.",
)
ELSEWHERE = Label(
    de="Diese Karte darf auf dieser Seite nicht gezeigt werden.",
    en="This card may not be shown on this page.",
)
NO_HOST = Label(
    de="Wählen Sie mindestens einen Host, dessen Seiten die Karte zeigen.",
    en="Choose at least one host whose pages show the card.",
)
NOT_OF_ROOMS = Label(
    de="Diese Kennzahl wird nicht je Raum gemessen. Je Raum gibt es: %(metrics)s.",
    en="This metric is not measured per room. Per room there are: %(metrics)s.",
)
