"""Words of the agreement that are closed lists: purposes, what is ruled out, ways out, tables, rules."""

from collections.abc import Mapping

from metrics.metric import Label

PURPOSES: Mapping[str, Label] = {
    "understand_use": Label(
        de="Erkennen, wie das Intranet und seine Gruppenräume genutzt werden, um die interne Kommunikation zu verbessern",
        en="Understanding how the intranet and its group rooms are used, in order to improve internal communication",
    ),
    "plan_measures": Label(
        de="Maßnahmen der internen Kommunikation planen und ihre Wirkung prüfen",
        en="Planning measures of internal communication and checking their effect",
    ),
    "compare_over_time": Label(
        de="Die Entwicklung der eigenen Organisation verfolgen, etwa vor und nach einer Neugestaltung",
        en="Following the organisation's own development, for example before and after a relaunch",
    ),
}
EXCLUSIONS: Mapping[str, Label] = {
    "no_conduct_control": Label(
        de="Keine Kontrolle von Leistung oder Verhalten; Ergebnisse dürfen nicht für personelle Maßnahmen verwendet werden",
        en="No control of performance or conduct; results may not be used for measures concerning staff",
    ),
    "no_person": Label(
        de="Keine Werte, Rollen oder Ranglisten einzelner Personen, auch nicht die aktivsten oder am besten vernetzten",
        en="No values, roles or rankings of single people, nor the most active or best connected ones",
    ),
    "no_readers": Label(de="Keine Listen, wer was gelesen hat", en="No lists of who has read what"),
    "no_private_messages": Label(
        de="Keine privaten Chats und keine E-Mails", en="No private chats and no mail"
    ),
    "no_text": Label(
        de="Keine Texte und Titel, keine inhaltliche Auswertung, keine Auswertung von Stimmungen",
        en="No text and no titles, no analysis of content, no analysis of moods",
    ),
    "no_place": Label(de="Keine Standorte von Personen oder Geräten", en="No location of people or devices"),
    "no_joining": Label(
        de="Keine Verknüpfung mit Leistungs-, Abwesenheits- oder Gehaltsdaten",
        en="No joining with data on performance, absence or pay",
    ),
    "no_small_groups": Label(
        de="Keine Auswertung, keine Ausgabe und kein Export unterhalb der vereinbarten Gruppengröße",
        en="No evaluation, output or export below the group size agreed",
    ),
}
OUTPUTS: Mapping[str, Label] = {
    "pages": Label(de="Seiten des Dienstes im Browser", en="Pages of the service in a browser"),
    "api": Label(
        de="Programmierschnittstelle (JSON, CSV und OData)", en="Programming interface (JSON, CSV and OData)"
    ),
    "sql_views": Label(
        de="SQL-Sichten für BI-Werkzeuge: dieselben veröffentlichten Werte, für einzeln zugelassene Rollen der Datenbank",
        en="SQL views for BI tools: the same published values, for roles of the database that are let in one by one",
    ),
    "embeds": Label(
        de="Karten in Seiten freigegebener Intranets: einzelne veröffentlichte Werte, über signierte Links mit Ablauf",
        en="Cards in pages of intranets that were let in: single published values, by signed links that expire",
    ),
    "documents": Label(
        de="Dokumente zum Mitnehmen: Konzept, Roadmap und Projektplan, nur aus veröffentlichten Werten",
        en="Documents to take along: concept, roadmap and project plan, from published values only",
    ),
    "benchmark": Label(
        de="Signierte Vergleichsdatei für andere Organisationen: veröffentlichte Werte der ganzen Organisation, ohne Namen",
        en="Signed benchmark file for other organisations: published values of the whole organisation, without its name",
    ),
    "console": Label(
        de="Konsole am Server: Betrieb, und Zählungen gespeicherter Aktivitäten, nie je Person",
        en="Console at the server: operation, and counts of stored activities, never per person",
    ),
}
PREFIXES: Mapping[str, str] = {
    "/api/": "api",
    "/odata/": "api",
    "/roadmap/files/": "documents",
    "/report/": "documents",
    "/adoption": "pages",
    "/agreement": "pages",
    "/assessment": "pages",
    "/comparison": "pages",
    "/data": "pages",
    "/dialogue": "pages",
    "/embed/": "embeds",
    "/embeds": "pages",
    "/evidence": "pages",
    "/fields": "pages",
    "/findings": "pages",
    "/glossary": "pages",
    "/leadership": "pages",
    "/measures": "pages",
    "/network": "pages",
    "/overview": "pages",
    "/password": "pages",
    "/periods": "pages",
    "/report": "pages",
    "/roadmap": "pages",
    "/answer": "pages",
    "/council": "pages",
    "/jobs": "pages",
    "/login": "pages",
    "/logout": "pages",
    "/surveys": "pages",
    "/rooms": "pages",
    "/static": "pages",
    "/tokens": "pages",
}
"""Where the routes of an output begin; `/` itself is a page."""
INWARD = ("/healthz", "/readyz", "/hooks/", "/metrics")
"""Routes by which nothing of an organisation leaves."""
RULES: Mapping[str, Label] = {
    "small_group": Label(
        de="Gruppen unterhalb der Mindestgröße werden nicht gezeigt",
        en="Groups below the minimum are not shown",
    ),
    "complementary": Label(
        de="Auch Werte, aus denen sich ein verborgener errechnen ließe, werden nicht gezeigt; das wird vor jeder Veröffentlichung geprüft",
        en="Nor are values from which a hidden one could be calculated; this is checked before each publication",
    ),
    "homogeneity": Label(
        de="„Alle“ und „niemand“ werden nur als Schranke gezeigt",
        en="“All” and “nobody” are shown as a bound only",
    ),
    "difference": Label(
        de="Werte, die sich nur durch wenige Personen unterscheiden, werden nicht nebeneinander gezeigt",
        en="Values that differ by a few people only are not shown beside each other",
    ),
    "dominance": Label(
        de="Ein Wert, der zu mehr als der Hälfte von einer Person stammt, wird nicht gezeigt",
        en="A value of which one person makes up more than half is not shown",
    ),
    "steps_of_people": Label(
        de="Anteile werden auf Schritte von so vielen Personen gerundet, wie eine Gruppe mindestens haben muss",
        en="Shares are rounded to steps of as many people as a group must have at least",
    ),
    "stays_until_far": Label(
        de="Ein gezeigter Anteil bleibt, bis sich die Zahl der Personen um eine Mindestgruppe geändert hat; ein verborgener bleibt verborgen, bis anderthalb Mindestgruppen auf jeder Seite sind",
        en="A shown share stays until the number of people has changed by a minimum group; a hidden one stays hidden until there are one and a half minimum groups on each side",
    ),
    "kept_as_published": Label(
        de="Ein einmal veröffentlichter Zeitraum wird nicht mit anderen Werten erneut veröffentlicht",
        en="A period once published is not published again with other values",
    ),
}


def output_of(path: str) -> str | None:
    """The way out a route belongs to; None where nothing leaves. A route nobody has thought of is a way out of its own."""
    if path.startswith(INWARD):
        return None
    if path == "/":
        return "pages"
    return next((output for prefix, output in PREFIXES.items() if path.startswith(prefix)), f"route {path}")
