"""What a concept document says of what follows: guidelines, roles, rules, architecture, measures, plan and method."""

from collections.abc import Mapping

from metrics.metric import Label

TEXT: Mapping[str, Label] = {
    # Guidelines
    "guidelines_intro": Label(
        de="Bevor Formate entstehen, muss klar sein, wofür das Intranet da ist, was wohin gehört und wie man miteinander umgeht. Daran "
        "entscheidet sich, ob Beschäftigte sich zu Wort melden.",
        en="Before there are formats it has to be clear what the intranet is for, what goes where, and how people deal with each other. That "
        "decides whether staff speak up.",
    ),
    "guidelines_all": Label(
        de="Die Grundlagen sind dokumentiert. Jetzt zählt, dass sie bekannt sind und gelten.",
        en="The foundations are documented. What counts now is that they are known and applied.",
    ),
    "guidelines_some": Label(
        de="Tragfähig sind {met}. Offen sind {open}.", en="{met} hold. Open are {open}."
    ),
    "guidelines_none": Label(
        de="Noch trägt keine der Grundlagen. Offen sind {open}.",
        en="None of the foundations holds yet. Open are {open}.",
    ),
    "principles": Label(de="Vorschlag für die Positionierung", en="Proposed positioning"),
    "principle_purpose": Label(
        de="Das Intranet ist der Ort, an dem offizielle Mitteilungen beantwortet werden dürfen. Eine Mitteilung ohne Antwortmöglichkeit ist die begründete Ausnahme.",
        en="The intranet is the place where official announcements may be answered. An announcement without a way to answer is the exception and has its reason.",
    ),
    "principle_answer": Label(
        de="Wer fragt, bekommt eine Antwort: von einer benannten Stelle, in einer zugesagten Frist, für alle sichtbar.",
        en="Who asks gets an answer: from a named function, within a promised time, visible to all.",
    ),
    "principle_voice": Label(
        de="Offizielles und Persönliches sind erkennbar. Wer für das Haus spricht, sagt es; wer für sich spricht, braucht keine Freigabe.",
        en="What is official and what is personal can be told apart. Who speaks for the organisation says so; who speaks for themselves needs no approval.",
    ),
    "principle_rooms": Label(
        de="Jeder Raum hat einen erklärten Zweck und zwei Zuständige. Was seinen Zweck erfüllt hat, wird mit Dank geschlossen.",
        en="Every room has a declared purpose and two owners. What has served its purpose is closed with thanks.",
    ),
    "facts_caption": Label(de="Grundlagen und ihr Stand", en="Foundations and where they stand"),
    "rules_caption": Label(de="Regeln und ihr Stand", en="Rules and where they stand"),
    "fact": Label(de="Grundlage", en="Foundation"),
    "standing": Label(de="Stand", en="State"),
    "owner": Label(de="Zuständig", en="Owner"),
    "by_measure": Label(de="Entsteht durch", en="Brought about by"),
    "of_level": Label(de="Kriterium für Stufe", en="Criterion for level"),
    # Use cases
    "use_cases_intro": Label(
        de="Soziale Kommunikation lohnt sich dort, wo viele etwas voneinander brauchen. Vorgeschlagen sind Anwendungsfälle, die durch "
        "vereinbarte oder empfohlene Maßnahmen getragen werden. Gemeinsame Arbeit an Dokumenten und feste Abläufe gehören nicht hierher; sie werden übergeben.",
        en="Social communication pays off where many need something from each other. Proposed are use cases that agreed or advised measures carry. "
        "Work on shared documents and fixed procedures do not belong here; they are handed over.",
    ),
    "use_cases_none": Label(
        de="Aus den Befunden folgt noch kein Anwendungsfall. Der erste Schritt ist, den Bedarf der Bereiche zu erheben.",
        en="No use case follows from the findings yet. The first step is to gather what departments need.",
    ),
    "use_case_fits": Label(de="Passt, wenn: {fits}", en="It fits if: {fits}"),
    "use_case_unfit": Label(de="Passt nicht: {unfit}", en="It does not fit: {unfit}"),
    "use_case_first": Label(de="Erster Schritt: {step}", en="First step: {step}"),
    "use_case_by": Label(de="Getragen von: {measures}.", en="Carried by: {measures}."),
    # Organisation
    "organisation_intro": Label(
        de="Ein Intranet wird nicht nebenher lebendig. Die eingeplanten Maßnahmen brauchen zusammen {days} Personentage; das ist "
        "Arbeitszeit, die jemand freigeben muss.",
        en="An intranet does not come alive on the side. The scheduled measures take {days} person days altogether; that is working time which "
        "somebody has to free.",
    ),
    "organisation_none": Label(
        de="Solange keine Maßnahme eingeplant ist, lässt sich kein Bedarf beziffern. Die Rollen stehen trotzdem fest.",
        en="As long as no measure is scheduled no demand can be put into figures. The roles are clear all the same.",
    ),
    "busiest": Label(
        de="Am stärksten gefordert ist die Rolle {role} mit {days} Personentagen; je Woche verfügbar: {capacity}. Hier entscheidet sich das "
        "Tempo.",
        en="The role {role} is needed most, with {days} person days; available per week: {capacity}. This is what sets the pace.",
    ),
    "capacity_caption": Label(de="Bedarf und Zeit je Rolle", en="Demand and time by role"),
    "role": Label(de="Rolle", en="Role"),
    "role_days": Label(de="Personentage im Plan", en="Person days in the plan"),
    "role_week": Label(de="Verfügbar je Woche", en="Available per week"),
    "role_running": Label(de="Danach je vier Wochen", en="Afterwards per four weeks"),
    "owners_caption": Label(de="Wer wofür einsteht", en="Who answers for what"),
    "answers_for": Label(de="Steht ein für", en="Answers for"),
    "role_note": Label(
        de="Gemeint sind Funktionen, keine Personen. Wer sie ausfüllt, entscheiden die Bereiche.",
        en="These are functions, not people. Departments decide who fills them.",
    ),
    # Governance
    "governance_intro": Label(
        de="Governance heißt hier: wenige Regeln, die jeder kennt, und klare Wege, wenn etwas schiefgeht.",
        en="Governance here means few rules that everybody knows, and clear ways when something goes wrong.",
    ),
    "governance_agreed": Label(
        de="Die Vereinbarung mit der Beschäftigtenvertretung liegt vor. Änderungen an Auswertungen brauchen ihre Zustimmung.",
        en="The agreement with the works council is in place. Changes to what is analysed need its consent.",
    ),
    "governance_not_agreed": Label(
        de="Die Vereinbarung mit der Beschäftigtenvertretung ist nicht als erfüllt dokumentiert. Sie steht auf dem kritischen Weg: Mit ihr "
        "beginnen, nicht mit ihr enden.",
        en="The agreement with the works council is not documented as met. It is on the critical path: begin with it, do not end with it.",
    ),
    "rhythm": Label(de="Entscheidungswege und Takt", en="Ways of deciding and rhythm"),
    "rhythm_week": Label(
        de="Wöchentlich: Kernteam aus interner Kommunikation, Community-Management und IT räumt Hindernisse aus dem Weg.",
        en="Weekly: the core team of internal communications, community management and IT clears obstacles.",
    ),
    "rhythm_month": Label(
        de="Monatlich: interne Kommunikation, Beschäftigtenvertretung und Datenschutz sehen dieselben Auswertungen.",
        en="Monthly: internal communications, works council and data protection look at the same analyses.",
    ),
    "rhythm_quarter": Label(
        de="Im Quartal: Die Leitung entscheidet über Fortführung, Änderung und Ende von Maßnahmen.",
        en="Quarterly: senior management decides which measures go on, change or end.",
    ),
    # Architecture
    "architecture_intro": Label(
        de="Gemessen wird neben dem Intranet, nicht in ihm: Der Dienst liest mit eigenen, nur lesenden Rechten und verändert nichts.",
        en="Measuring happens beside the intranet, not inside it: the service reads with rights of its own that only permit reading, and changes nothing.",
    ),
    "sources_caption": Label(de="Angebundene Quellen", en="Connected sources"),
    "no_sources": Label(
        de="Noch ist keine Quelle angebunden, aus der veröffentlicht wurde.",
        en="No source is connected yet from which anything was published.",
    ),
    "source_name": Label(de="Quelle", en="Source"),
    "read_kinds": Label(de="Gelesen wird", en="What is read"),
    "read_share": Label(de="Davon gelesen, mindestens", en="Of it read, at least"),
    "gaps_column": Label(de="Nicht gelesen", en="Not read"),
    "share_unknown": Label(de="nicht zu sagen", en="can not be told"),
    "nothing_missing": Label(de="keine Lücke bekannt", en="no gap known"),
    "decided": Label(de="Was entschieden ist", en="What is decided"),
    "decided_group": Label(
        de="Gezeigt werden nur Gruppen ab {size} Personen. Auch Werte, aus denen sich ein verborgener errechnen ließe, bleiben verborgen.",
        en="Only groups of {size} people or more are shown. Values from which a hidden one could be worked out stay hidden as well.",
    ),
    "decided_names": Label(
        de="Namen, Adressen, Titel und Texte werden nicht gespeichert. Personen erscheinen nur unter Pseudonym, dessen Schlüssel außerhalb der Datenbank liegt.",
        en="Names, addresses, titles and text are not stored. People appear under a pseudonym only, the key of which lies outside the database.",
    ),
    "decided_once": Label(
        de="Alles, was gezeigt wird, stammt aus einer gemeinsam geprüften Veröffentlichung; Seiten, Schnittstelle und dieses Papier lesen nur sie.",
        en="Everything shown comes from one jointly checked publication; pages, interface and this paper read nothing else.",
    ),
    "decided_agreement": Label(
        de="Es gilt Fassung {number} der signierten Anlage{since}. Was darüber hinausginge, verweigert der Dienst.",
        en="Version {number} of the signed annex is in force{since}. The service refuses whatever would exceed it.",
    ),
    "decided_since": Label(de=" (seit {day})", en=" (since {day})"),
    "open_agreement": Label(
        de="Offen: Eine signierte Anlage zur Betriebsvereinbarung ist im Dienst nicht in Kraft. Sie gehört vor den Regelbetrieb.",
        en="Open: no signed annex to the works agreement is in force in the service. It belongs before regular operation.",
    ),
    "open_coverage": Label(
        de="Offen: Bei {sources} wird ein Teil nicht gelesen. Bis das geklärt ist, sind die Werte dort Untergrenzen dessen, was geschieht.",
        en="Open: part of {sources} is not read. Until that is settled, the values there are lower bounds of what happens.",
    ),
    # Measures
    "measures_intro": Label(
        de="Jede Maßnahme nennt, was sie kostet, wer für sie einsteht und woran sich zeigt, ob sie gewirkt hat.",
        en="Every measure says what it costs, who answers for it, and by what it will be seen whether it worked.",
    ),
    "agreed": Label(de="Vereinbart", en="Agreed"),
    "agreed_caption": Label(de="Vereinbarte Maßnahmen", en="Agreed measures"),
    "agreed_none": Label(de="Noch ist keine Maßnahme vereinbart.", en="No measure is agreed yet."),
    "advised": Label(de="Empfohlen, noch nicht entschieden", en="Advised, not decided yet"),
    "advised_caption": Label(de="Empfohlene Maßnahmen", en="Advised measures"),
    "advised_none": Label(
        de="Weitere Empfehlungen gibt es aus den heutigen Befunden nicht.",
        en="Today's findings give no further advice.",
    ),
    "unclear": Label(
        de="Über {number} weitere Maßnahmen lässt sich erst raten, wenn mehr bekannt ist.",
        en="About {number} further measures advice is possible only once more is known.",
    ),
    "declined": Label(de="Abgelehnt", en="Declined"),
    "declined_point": Label(de="{title}. Grund: {reason}", en="{title}. Reason: {reason}"),
    "done": Label(de="Erledigt", en="Done"),
    "done_point": Label(de="{title}, erledigt am {day}.", en="{title}, done on {day}."),
    "measure": Label(de="Maßnahme", en="Measure"),
    "why": Label(de="Anlass", en="Reason"),
    "needed_by": Label(de="Voraussetzung anderer Maßnahmen", en="Prerequisite of other measures"),
    "takes": Label(de="Personentage; Wochen", en="Person days; weeks"),
    "proof": Label(de="Woran sich Wirkung zeigt", en="By what its effect is seen"),
    "state": Label(de="Stand und Zuständigkeit", en="State and owner"),
    # Roadmap
    "roadmap_intro": Label(
        de="Der Plan reiht nicht nur nach Nutzen: Er beachtet, was worauf aufbaut, wie viel Zeit jede Rolle hat und dass niemand sich an mehr "
        "als zwei Neuerungen zugleich gewöhnen muss.",
        en="The plan does not merely rank by benefit: it heeds what builds on what, how much time each role has, and that nobody has to get used to "
        "more than two changes at once.",
    ),
    "roadmap_caption": Label(de="Roadmap der vereinbarten Maßnahmen", en="Roadmap of the agreed measures"),
    "roadmap_none": Label(
        de="Ein Plan entsteht, sobald Maßnahmen vereinbart sind.",
        en="There will be a plan once measures are agreed.",
    ),
    "roadmap_trouble": Label(
        de="Der Plan lässt sich so nicht rechnen: {trouble}",
        en="The plan can not be computed as it is: {trouble}",
    ),
    "critical": Label(
        de="Auf dem kritischen Weg liegen {titles}. Verzögert sich eine davon, verschiebt sich das Ende.",
        en="On the critical path are {titles}. If one of them is late, the end moves.",
    ),
    "critical_bar": Label(de="auf dem kritischen Weg", en="on the critical path"),
    "slack_bar": Label(de="mit etwas Spielraum", en="with some slack"),
    "bar_spoken": Label(de="{title}: {begin} bis {end}", en="{title}: {begin} to {end}"),
    "quarters_caption": Label(
        de="Was in welchem Quartal fertig wird", en="What is finished in which quarter"
    ),
    "quarter": Label(de="Quartal", en="Quarter"),
    "quarter_name": Label(de="{quarter}. Quartal {year}", en="Quarter {quarter} of {year}"),
    "finished": Label(de="Fertig", en="Finished"),
    "quarter_days": Label(de="Personentage", en="Person days"),
    "waiting": Label(
        de="Noch nicht eingeplant: {title} wartet auf {needs}.",
        en="Not scheduled yet: {title} waits for {needs}.",
    ),
    "outdated": Label(
        de="Beschlossen, aber im heutigen Katalog nicht mehr enthalten und deshalb nicht eingeplant: {measures}.",
        en="Decided, but no longer in today's catalogue and therefore not scheduled: {measures}.",
    ),
    "surest": Label(
        de="Wie sicher ist die Reihenfolge? Rechnet man die Unsicherheit von Aufwand und Nutzen viele Male durch, ist {title} in {share} der "
        "Fälle unter den ersten fünf.",
        en="How sure is the order? Playing through the uncertainty of effort and benefit many times, {title} is among the first five in {share} of all cases.",
    ),
    # Weeks
    "weeks_intro": Label(
        de="Der Projektplan der ersten acht Wochen folgt aus der Roadmap. Er soll zeigen, dass etwas beginnt: In der ersten Woche steht das "
        "Kernteam, in der achten entscheidet die Leitung, wie es weitergeht.",
        en="The project plan of the first eight weeks follows from the roadmap. It is to show that something begins: in the first week the core team "
        "is in place, in the eighth senior management decides how to go on.",
    ),
    "weeks_caption": Label(
        de="Projektplan der ersten acht Wochen", en="Project plan of the first eight weeks"
    ),
    "week": Label(de="Woche", en="Week"),
    "week_of": Label(de="{number} (ab {day})", en="{number} (from {day})"),
    "to_do": Label(de="Was geschieht", en="What is done"),
    "running": Label(de="Läuft weiter", en="Goes on"),
    "week_first": Label(
        de="Auftakt mit der Leitung; Kernteam und Termine stehen; Beschäftigtenvertretung und Datenschutz kennen den Plan.",
        en="Kick-off with senior management; core team and dates are fixed; works council and data protection know the plan.",
    ),
    "week_check": Label(
        de="Zwischenstand im Kernteam: Was hakt, wer hilft.",
        en="Interim review in the core team: what is stuck, who helps.",
    ),
    "week_last": Label(
        de="Vorlage an die Leitung: Stand, erste Wirkung, Entscheidung über das nächste Quartal.",
        en="Presentation to senior management: progress, first effects, decision about the next quarter.",
    ),
    "week_quiet": Label(
        de="Ruhewoche (Feiertage oder Betriebsruhe): nichts beginnt.",
        en="Quiet week (holidays or shutdown): nothing begins.",
    ),
    "week_begins": Label(de="Beginn: {title}. {step}", en="Start: {title}. {step}"),
    "week_ends": Label(
        de="Abschluss: {title}. Gut ist es, wenn: {good}", en="End: {title}. It is good if: {good}"
    ),
    "brief_begins": Label(de="Beginn: {titles}.", en="Start: {titles}."),
    "brief_ends": Label(de="Abschluss: {titles}.", en="End: {titles}."),
    "week_nothing": Label(de="Kein neuer Schritt.", en="No new step."),
    "weeks_none": Label(
        de="Solange nichts vereinbart ist, besteht die erste Arbeit darin, über die Empfehlungen zu entscheiden. Danach ergibt sich der Wochenplan.",
        en="As long as nothing is agreed, the first task is to decide about what is advised. The weekly plan follows from that.",
    ),
    # Appendix
    "method": Label(de="Wie das Bild entsteht", en="How the picture comes about"),
    "method_three": Label(
        de="Gesagtes stammt aus der Umfrage, Beobachtetes aus Kennzahlen der Plattformen, Dokumentiertes aus einem Register, das zwei Stellen "
        "unabhängig beurteilen. Keine der drei ersetzt die anderen.",
        en="What is told comes from the survey, what is observed from metrics of the platforms, what is documented from a register that two functions "
        "assess independently. None of the three replaces the others.",
    ),
    "method_anchor": Label(
        de="Jede Kennzahl wird an festen Ankern auf die Skala gelegt. Eine Stufe gibt es nur, wenn mindestens {enough} des Gewichts belegt sind; "
        "sonst steht dort, dass es nicht reicht.",
        en="Every metric is placed on the scale by fixed anchors. There is a level only where at least {enough} of the weight is covered; otherwise it "
        "says that the evidence does not suffice.",
    ),
    "method_interval": Label(
        de="Die Spanne hinter einer Stufe sagt, wie genau sie bekannt ist: In {sure} von hundert vergleichbaren Fällen läge der wahre Wert darin. "
        "Dokumente haben keine Spanne, weil nichts geschätzt wird.",
        en="The interval behind a level says how precisely it is known: in {sure} of a hundred comparable cases the true value would lie within it. Documents "
        "have none, since nothing is estimated.",
    ),
    "method_agreement": Label(
        de="Gesagtes und Beobachtetes gelten als einig, wenn die Spanne ihres Unterschieds innerhalb einer halben Stufe bleibt, und als "
        "verschieden, wenn sie ganz auf einer Seite liegt. Alles andere bleibt offen.",
        en="What is told and observed count as agreeing where the interval of their difference stays within half a level, and as differing where it lies "
        "on one side altogether. Everything else stays open.",
    ),
    "method_people": Label(
        de="Einzelne Personen kommen nicht vor. Ein verborgener Wert ist weder null noch schlecht; er betrifft nur zu wenige.",
        en="Individual people do not appear. A hidden value is neither zero nor bad; it merely concerns too few.",
    ),
    "model_version": Label(
        de="Verwendet wurden das Reifegradmodell in Fassung {model} mit dem Schwerpunkt {focus} und der Maßnahmenkatalog in Fassung {catalogue}.",
        en="Used were version {model} of the maturity model with the focus {focus}, and version {catalogue} of the catalogue of measures.",
    ),
    "estimates": Label(de="Zu den Schätzungen: {text}", en="About the estimates: {text}"),
    "coverage_heading": Label(de="Was hinter den Stufen steht", en="What stands behind the levels"),
    "coverage_caption": Label(
        de="Abgedecktes Gewicht je Dimension und Art des Belegs",
        en="Weight covered by dimension and kind of evidence",
    ),
    "indicators_caption": Label(
        de="Kennzahlen hinter dem Beobachteten", en="Metrics behind what is observed"
    ),
    "indicator_name": Label(de="Kennzahl", en="Metric"),
    "indicator_value": Label(de="Wert", en="Value"),
    "indicator_score": Label(de="Stufe", en="Level"),
    "does_not_count": Label(de="zählt nicht", en="does not count"),
    # Slides
    "slide_profile": Label(de="Wo wir stehen", en="Where we stand"),
    "slide_stands": Label(
        de="{furthest} steht am sichersten, {least} hat den weitesten Weg",
        en="{furthest} stands firmest, {least} has the longest way to go",
    ),
    "slide_differs": Label(
        de="Am weitesten gehen die Belege bei {dimension} auseinander",
        en="The evidence differs most in {dimension}",
    ),
    "slide_differ": Label(de="Wo die Belege auseinandergehen", en="Where the evidence differs"),
    "slide_gaps": Label(de="Worauf wir bauen, was uns fehlt", en="What we build on, what we lack"),
    "slide_reference": Label(de="Im Vergleich", en="In comparison"),
    "slide_measures": Label(de="Was wir tun", en="What we do"),
    "slide_plan": Label(de="Wann was geschieht", en="What happens when"),
    "slide_weeks": Label(de="Die ersten acht Wochen", en="The first eight weeks"),
    "weeks_axis": Label(de="Wochen ab {day}", en="Weeks from {day}"),
}
