"""What a concept document is called, its chapters, and how it names its sources."""

from collections.abc import Mapping

from metrics.metric import Label

SECTIONS: Mapping[str, Label] = {
    "summary": Label(de="Zusammenfassung für die Leitung", en="Summary for senior management"),
    "status": Label(de="Wo wir stehen: die sieben Dimensionen", en="Where we stand: the seven dimensions"),
    "comparison": Label(de="Vergleich", en="Comparison"),
    "findings": Label(
        de="Stärken, Lücken, Widersprüche, Chancen und Risiken",
        en="Strengths, gaps, disagreements, chances and risks",
    ),
    "guidelines": Label(de="Leitlinien und Positionierung", en="Guidelines and positioning"),
    "use_cases": Label(de="Anwendungsfälle", en="Use cases"),
    "organisation": Label(de="Organisation: Rollen und Kapazitäten", en="Organisation: roles and capacities"),
    "governance": Label(de="Governance", en="Governance"),
    "architecture": Label(de="Entscheidungen zur Architektur", en="Architecture decisions"),
    "measures": Label(de="Maßnahmen", en="Measures"),
    "roadmap": Label(de="Roadmap", en="Roadmap"),
    "weeks": Label(de="Die ersten acht Wochen", en="The first eight weeks"),
    "appendix": Label(de="Anhang: Methode und Abdeckung", en="Appendix: method and coverage"),
}
FRAME: Mapping[str, Label] = {
    "title": Label(
        de="Grobkonzept interne soziale Kommunikation", en="Internal social communication concept"
    ),
    "head_organisation": Label(de="Organisation", en="Organisation"),
    "head_assessed": Label(de="Standortbestimmung", en="Assessed on"),
    "head_data": Label(de="Beobachtet bis", en="Observed until"),
    "head_round": Label(de="Umfrage", en="Survey"),
    "head_model": Label(de="Modell und Schwerpunkt", en="Model and focus"),
    "synthetic": Label(
        de="synthetische Organisation zur Vorführung", en="synthetic organisation for demonstration"
    ),
    "contents": Label(de="Inhalt", en="Contents"),
    "sources": Label(de="Quellen", en="Sources"),
    "sources_intro": Label(
        de="Die hochgestellten Nummern in Klammern verweisen auf diese Liste. Werte und Gruppengrößen sind gerundet, wie sie "
        "veröffentlicht wurden.",
        en="The raised numbers in brackets point to this list. Values and group sizes are rounded as they were published.",
    ),
    "page": Label(de="Seite", en="Page"),
    "table": Label(de="Tabelle", en="Table"),
    "figure": Label(de="Abbildung", en="Figure"),
    "source": Label(de="Quelle", en="Source"),
}
SOURCES: Mapping[str, Label] = {
    "metric": Label(
        de="Kennzahl „{label}“, {period}, {people}; Veröffentlichung {digest}",
        en="Metric “{label}”, {period}, {people}; publication {digest}",
    ),
    "people": Label(de="rund {number} Personen", en="about {number} people"),
    "no_people": Label(de="ohne Gruppe von Personen", en="no group of people behind it"),
    "told": Label(
        de="Umfrage „{round}“{period}, Dimension {dimension}, {people}",
        en="Survey “{round}”{period}, dimension {dimension}, {people}",
    ),
    "observed": Label(
        de="Beobachtete Kennzahlen der Dimension {dimension}, Daten bis {until}; Veröffentlichung {digest}",
        en="Observed metrics of the dimension {dimension}, data until {until}; publication {digest}",
    ),
    "documented": Label(
        de="Register der Dokumente, Dimension {dimension}, Stand {day}",
        en="Register of documents, dimension {dimension}, as of {day}",
    ),
    "assessment": Label(
        de="Standortbestimmung vom {day}, Reifegradmodell {version}, Prüfsumme {digest}",
        en="Assessment of {day}, maturity model {version}, digest {digest}",
    ),
    "model": Label(
        de="Reifegradmodell {version} vom {released}: Stufen, Kriterien, Anker",
        en="Maturity model {version} of {released}: levels, criteria, anchors",
    ),
    "before": Label(
        de="Standortbestimmung vom {day} und die davor vom {before}",
        en="Assessment of {day} and the one before it of {before}",
    ),
    "catalogue": Label(
        de="Maßnahmenkatalog {version} vom {released}; Aufwand, Dauer und erwartete Wirkung sind Schätzungen des Katalogs",
        en="Catalogue of measures {version} of {released}; effort, duration and expected effect are estimates of the catalogue",
    ),
    "plan": Label(
        de="Roadmap, am {day} gerechnet aus den vereinbarten Maßnahmen, ihren Abhängigkeiten und der Zeit je Rolle",
        en="Roadmap, computed on {day} from the agreed measures, what depends on what, and the time each role has",
    ),
    "decisions": Label(
        de="Beschlüsse zu den Maßnahmen, Stand {day}", en="Decisions about measures, as of {day}"
    ),
    "coverage": Label(
        de="Abdeckung der angebundenen Quellen, Veröffentlichung {digest}, Daten bis {until}",
        en="Coverage of the connected sources, publication {digest}, data until {until}",
    ),
    "agreement": Label(
        de="Signierte Anlage zur Betriebsvereinbarung, Fassung {number}{since}",
        en="Signed annex to the works agreement, version {number}{since}",
    ),
    "reference": Label(
        de="Veröffentlichter Vergleichswert: {source}; {year}; Sicherheit {certainty}: {meaning}",
        en="Published reference value: {source}; {year}; certainty {certainty}: {meaning}",
    ),
    "peers": Label(
        de="Quartile von {number} vergleichbaren Organisationen ({step}), berechnet am {day}; grob gerundet",
        en="Quartiles of {number} comparable organisations ({step}), computed on {day}; coarsely rounded",
    ),
    "no_year": Label(de="ohne Jahr", en="no year given"),
}
