"""What a concept document says of where an organisation stands. No number stands in these texts: they come with their source."""

from collections.abc import Mapping

from metrics.metric import Label

TEXT: Mapping[str, Label] = {
    "quoted": Label(de="„{text}“", en="“{text}”"),
    "between": Label(de="{level} ({low} bis {high})", en="{level} ({low} to {high})"),
    # Summary
    "summary_intro": Label(
        de="{name} wurde am {day} eingeordnet: in sieben Dimensionen, jeweils nach dem, was Beschäftigte sagen, was auf den "
        "Plattformen geschieht und was in Dokumenten steht. Drei Fragen leiten dieses Papier.",
        en="{name} was assessed on {day}: on seven dimensions, each by what staff say, what happens on the platforms, and what is written "
        "down. Three questions guide this paper.",
    ),
    "where": Label(de="Wo stehen wir?", en="Where do we stand?"),
    "better": Label(de="Was können wir besser machen?", en="What can we do better?"),
    "begin": Label(de="Wo beginnen wir?", en="Where do we start?"),
    "asked": Label(de="Was wir von der Leitung brauchen", en="What we need from senior management"),
    "furthest": Label(
        de="Am sichersten ist der Stand bei {dimension}: Jeder Beleg, der ausreicht, zeigt mindestens Stufe {level} von {top}.",
        en="The firmest ground is {dimension}: every kind of evidence that suffices shows at least level {level} of {top}.",
    ),
    "least_far": Label(
        de="Am weitesten ist der Weg bei {dimension}. Der niedrigste Beleg ({kind}) liegt dort bei Stufe {level}.",
        en="The longest way to go is in {dimension}. Its lowest evidence ({kind}) stands at level {level}.",
    ),
    "ahead_of_paper": Label(
        de="In {dimensions} geschieht deutlich mehr, als vereinbart ist. Das spricht für Engagement, ist aber nicht abgesichert: "
        "Wechselt eine engagierte Person die Stelle, kann der Stand verloren gehen.",
        en="In {dimensions} clearly more happens than has been agreed. That speaks for commitment, but nothing secures it: when a committed "
        "person changes jobs, the ground gained can be lost.",
    ),
    "ahead_of_practice": Label(
        de="In {dimensions} ist mehr geregelt, als gelebt wird. Hier fehlt nicht das nächste Papier, sondern die Anwendung.",
        en="In {dimensions} more is regulated than is lived. What is missing is not another paper but its use.",
    ),
    "seen_higher": Label(
        de="In {dimensions} sehen die Beschäftigten die Organisation weiter, als die Plattformen zeigen: oft die Sichtbarkeit weniger, "
        "manchmal ein Wunsch.",
        en="In {dimensions} staff see the organisation further along than the platforms show: often the visibility of a few, sometimes a wish.",
    ),
    "seen_lower": Label(
        de="In {dimensions} geschieht mehr, als die Beschäftigten bemerken. Das ist verborgenes Potenzial.",
        en="In {dimensions} more happens than staff notice. That is hidden potential.",
    ),
    "not_observed": Label(
        de="Für {dimensions} reicht nicht, was auf den Plattformen zu beobachten ist. Wir sagen das, statt die Lücke zu füllen.",
        en="For {dimensions} what can be observed on the platforms does not suffice. We say so instead of filling the gap.",
    ),
    "nothing_known": Label(
        de="Noch reichen die Belege in keiner Dimension für ein Urteil. Die Bestandsaufnahme ist deshalb der erste Schritt.",
        en="There is not enough evidence for a judgement in any dimension yet. Taking stock is therefore the first step.",
    ),
    "better_intro": Label(
        de="Den größten Abstand zu dem, was erreichbar ist, schließen nach heutigem Wissen diese Schritte:",
        en="From what is known today, these steps close the largest part of the gap to what can be reached:",
    ),
    "better_point": Label(
        de="{title} ({dimension}). Anlass: {why}.", en="{title} ({dimension}). Reason: {why}."
    ),
    "better_none": Label(
        de="Aus dem, was bekannt ist, folgt zurzeit keine Empfehlung.",
        en="Nothing follows as advice from what is known at present.",
    ),
    "begin_plan": Label(
        de="Vereinbart und eingeplant sind {number} Maßnahmen mit zusammen {days} Personentagen. Die erste beginnt am {begin}, die letzte "
        "endet am {end}. Den Anfang machen:",
        en="{number} measures are agreed and scheduled, {days} person days altogether. The first begins on {begin}, the last ends on {end}. "
        "These come first:",
    ),
    "begin_point": Label(
        de="{title}, ab {day}, verantwortlich: {owner}. Erster Schritt: {step}",
        en="{title}, from {day}, answered for by: {owner}. First step: {step}",
    ),
    "begin_advised": Label(
        de="Noch ist keine Maßnahme eingeplant. Wir empfehlen, zuerst über diese zu entscheiden:",
        en="No measure is scheduled yet. We suggest deciding about these first:",
    ),
    "begin_advised_point": Label(de="{title}. Erster Schritt: {step}", en="{title}. First step: {step}"),
    "asked_mandate": Label(
        de="Einen schriftlichen Auftrag: Wozu Dialog gewünscht ist, wer ihn verantwortet und wann die Leitung selbst mitmacht.",
        en="A written mandate: what dialogue is wanted for, who answers for it, and when senior management takes part itself.",
    ),
    "asked_time": Label(
        de="Zeit: {role} trägt mit {days} Personentagen den größten Teil. Diese Tage müssen frei werden, nicht hinzukommen.",
        en="Time: {role} carries the largest part with {days} person days. These days have to be freed, not added.",
    ),
    "asked_agreement": Label(
        de="Den Abschluss der Vereinbarung mit der Beschäftigtenvertretung. Ohne sie bleibt jede Auswertung vorläufig.",
        en="The agreement with the works council concluded. Without it every analysis remains provisional.",
    ),
    "asked_review": Label(
        de="Einen festen Termin im Quartal, an dem Stand und Wirkung vorgelegt und die nächsten Schritte entschieden werden.",
        en="A fixed date every quarter on which progress and effect are presented and the next steps are decided.",
    ),
    # Status
    "status_intro": Label(
        de="Drei Arten von Belegen stehen nebeneinander und werden nicht verrechnet: Gesagtes, Beobachtetes und Dokumentiertes. Wo sie "
        "auseinanderliegen, ist das ein Befund und kein Fehler. Die Skala reicht von {bottom} bis {top}; die meisten Organisationen beginnen unten.",
        en="Three kinds of evidence stand side by side and are not averaged: what is told, observed and documented. Where they differ, that is a "
        "finding and not a mistake. The scale runs from {bottom} to {top}; most organisations start at the bottom.",
    ),
    "profile_caption": Label(
        de="Reifegrad je Dimension und Art des Belegs", en="Maturity by dimension and kind of evidence"
    ),
    "profile_table": Label(de="Stufen je Dimension mit Spannen", en="Levels by dimension with intervals"),
    "dimension": Label(de="Dimension", en="Dimension"),
    "told": Label(de="Gesagt", en="Told"),
    "observed": Label(de="Beobachtet", en="Observed"),
    "documented": Label(de="Dokumentiert", en="Documented"),
    "staged": Label(de="Kriterien lückenlos bis", en="Criteria met without gap up to"),
    "not_staged": Label(de="nicht vollständig geprüft", en="not assessed in full"),
    "both_aligned": Label(
        de="Was die Beschäftigten sagen (Stufe {told}) und was auf den Plattformen geschieht (Stufe {observed}), stimmt überein. Auf dieses "
        "Bild ist Verlass.",
        en="What staff say (level {told}) and what happens on the platforms (level {observed}) agree. This picture can be relied on.",
    ),
    "both_told_above_observed": Label(
        de="Die Beschäftigten sehen die Organisation weiter (Stufe {told}), als die Plattformen zeigen (Stufe {observed}). So sieht es aus, "
        "wenn wenige sehr sichtbar sind oder der Wunsch dem Alltag vorausgeht.",
        en="Staff see the organisation further along (level {told}) than the platforms show (level {observed}). That is what it looks like when a "
        "few are very visible, or when the wish runs ahead of everyday work.",
    ),
    "both_observed_above_told": Label(
        de="Auf den Plattformen geschieht mehr (Stufe {observed}), als die Beschäftigten wahrnehmen (Stufe {told}). Hier liegt verborgenes "
        "Potenzial: Was schon gelingt, wissen viele nicht.",
        en="More happens on the platforms (level {observed}) than staff notice (level {told}). Here lies hidden potential: what already works is "
        "not known to many.",
    ),
    "both_not_decidable": Label(
        de="Gesagt ist Stufe {told}, beobachtet Stufe {observed}. Die Spannen sind zu weit, um von Übereinstimmung oder Widerspruch zu sprechen.",
        en="Told is level {told}, observed level {observed}. The intervals are too wide to speak of agreement or disagreement.",
    ),
    "only_told": Label(
        de="Die Beschäftigten ordnen die Organisation auf Stufe {told} ein. Gegenprüfen lässt sich das nicht, denn {reason}.",
        en="Staff place the organisation at level {told}. This can not be cross-checked, because {reason}.",
    ),
    "only_observed": Label(
        de="Auf den Plattformen zeigt sich Stufe {observed}. Was die Beschäftigten dazu sagen, ist offen, denn {reason}.",
        en="The platforms show level {observed}. What staff say about it remains open, because {reason}.",
    ),
    "neither": Label(
        de="Weder Umfrage noch Beobachtung reichen für eine Stufe. Umfrage: {told_reason}. Beobachtung: {observed_reason}. Diese Lücke füllen "
        "wir nicht mit Vermutungen.",
        en="Neither survey nor observation suffices for a level. Survey: {told_reason}. Observation: {observed_reason}. We do not fill this gap "
        "with guesses.",
    ),
    "why_no_round": Label(de="es wurde noch keine Umfrage abgeschlossen", en="no survey has been closed yet"),
    "why_small_group": Label(de="es haben zu wenige geantwortet", en="too few people answered"),
    "why_too_few_items": Label(
        de="es wurden zu wenige Fragen beantwortet", en="too few questions were answered"
    ),
    "why_coverage": Label(
        de="zu wenige der Kennzahlen dürfen oder können gezeigt werden",
        en="too few of the metrics may or can be shown",
    ),
    "why_not_observable": Label(
        de="auf Plattformen ist diese Dimension nicht zu sehen", en="platforms do not show this dimension"
    ),
    "paper_behind": Label(
        de="Auf dem Papier steht weniger: Die Dokumente tragen nur Stufe {level}. Was heute gelingt, hängt an Einzelnen.",
        en="On paper there is less: the documents carry level {level} only. What works today depends on individuals.",
    ),
    "paper_ahead": Label(
        de="Auf dem Papier ist die Organisation weiter, die Dokumente tragen Stufe {level}. Vereinbart ist es; im Alltag angekommen noch nicht.",
        en="On paper the organisation is further along: the documents carry level {level}. It is agreed, but it has not reached everyday work.",
    ),
    "paper_fits": Label(
        de="Die Dokumente passen dazu (Stufe {level}).",
        en="The documents are in line with that (level {level}).",
    ),
    "paper_alone": Label(de="Die Dokumente tragen Stufe {level}.", en="The documents carry level {level}."),
    "paper_unknown": Label(
        de="Von den Dokumenten ist erst ein Teil geprüft ({coverage}); eine Stufe lässt sich daraus nicht ableiten.",
        en="Only part of the documents has been assessed ({coverage}); no level follows from that.",
    ),
    "called_told": Label(
        de="Dem Gesagten nach entspricht das im Modell dem Stand {name}: {description}",
        en="Going by what is told, this is what the model calls {name}: {description}",
    ),
    "called_observed": Label(
        de="Dem Beobachteten nach entspricht das im Modell dem Stand {name}: {description}",
        en="Going by what is observed, this is what the model calls {name}: {description}",
    ),
    "because_low": Label(
        de="{dimension} ({kind}) steht erst bei Stufe {level}",
        en="{dimension} ({kind}) is only at level {level}",
    ),
    "because_reached": Label(
        de="{dimension} ({kind}) steht schon bei Stufe {level}",
        en="{dimension} ({kind}) is already at level {level}",
    ),
    "because_fact": Label(de="„{fact}“ ist {state}", en="“{fact}” is {state}"),
    "less_is_better": Label(de=", weniger ist besser", en=", less is better"),
    "because_metric": Label(de="{metric}: {value}", en="{metric}: {value}"),
    "because_dont_know": Label(
        de="{dimension}: {share} können die Fragen nicht beurteilen",
        en="{dimension}: {share} can not judge the questions",
    ),
    "indicators": Label(
        de="Am besten schneidet ab: {best} ({best_value}). Am schwächsten: {worst} ({worst_value}).",
        en="The best result: {best} ({best_value}). The weakest: {worst} ({worst_value}).",
    ),
    "indicator": Label(de="Beobachtet wurde {best}: {best_value}.", en="Observed was {best}: {best_value}."),
    "hidden": Label(de="Nicht gezeigt: {listing}.", en="Not shown: {listing}."),
    "missing_facts": Label(
        de="Für Stufe {level} fehlen oder genügen noch nicht: {facts}.",
        en="For level {level} these are missing or do not suffice yet: {facts}.",
    ),
    # Comparison
    "comparison_intro": Label(
        de="Am meisten sagt der Vergleich mit sich selbst. Veröffentlichte Werte geben Orientierung von außen; sie sind keine Note.",
        en="Comparison with oneself says most. Published values give bearings from outside; they are no grade.",
    ),
    "history": Label(de="Die eigene Entwicklung", en="Our own development"),
    "first_time": Label(
        de="Dies ist die erste Standortbestimmung nach diesem Modell. Sie ist der Ausgangspunkt, an dem die nächste gemessen wird.",
        en="This is the first assessment by this model. It is the starting point the next one is measured against.",
    ),
    "no_change": Label(
        de="Gegenüber {day} ist keine Stufe mit ausreichender Sicherheit gestiegen oder gefallen.",
        en="Since {day} no level has risen or fallen with sufficient certainty.",
    ),
    "up": Label(
        de="{dimension}, {kind}: von {before} auf {after} gestiegen.",
        en="{dimension}, {kind}: risen from {before} to {after}.",
    ),
    "down": Label(
        de="{dimension}, {kind}: von {before} auf {after} gefallen.",
        en="{dimension}, {kind}: fallen from {before} to {after}.",
    ),
    "series_caption": Label(de="Kennzahlen im Verlauf", en="Metrics over time"),
    "series_intro": Label(
        de="Die Kennzahlen reichen weiter zurück als die Standortbestimmungen. Eine Richtung nennen wir nur, wo die Spannen sich nicht überlappen.",
        en="The metrics reach further back than the assessments. We name a direction only where the intervals do not overlap.",
    ),
    "metric": Label(de="Kennzahl", en="Metric"),
    "then": Label(de="Davor", en="Before"),
    "now": Label(de="Zuletzt", en="Latest"),
    "direction": Label(de="Richtung", en="Direction"),
    "rising": Label(de="steigt", en="rising"),
    "falling": Label(de="fällt", en="falling"),
    "steady": Label(de="unverändert", en="unchanged"),
    "no_direction": Label(de="nicht zu sagen", en="can not be told"),
    "peers": Label(de="Vergleichbare Organisationen", en="Comparable organisations"),
    "no_peers": Label(
        de="Ein Vergleich mit anderen Organisationen fehlt noch: Quartile gibt es erst, wenn mindestens fünf vergleichbare zugestimmt haben.",
        en="There is no comparison with other organisations yet: there are quartiles only once at least five comparable ones have consented.",
    ),
    "peers_intro": Label(
        de="Die Quartile sind grob gerundet, damit keine einzelne Organisation zu erkennen ist. Ob ein Wert im oberen oder unteren Viertel liegt, "
        "sagen wir nur, wo die Spanne es zulässt.",
        en="Quartiles are rounded coarsely so that no single organisation can be recognised. Whether a value lies in the upper or lower quarter is "
        "said only where the interval permits.",
    ),
    "peers_upper": Label(
        de="{metric}: Mit {ours} liegen wir im oberen Viertel der vergleichbaren Organisationen.",
        en="{metric}: at {ours} we are in the upper quarter of comparable organisations.",
    ),
    "peers_lower": Label(
        de="{metric}: Mit {ours} liegen wir im unteren Viertel der vergleichbaren Organisationen.",
        en="{metric}: at {ours} we are in the lower quarter of comparable organisations.",
    ),
    "peers_caption": Label(
        de="Eigene Werte zwischen vergleichbaren Organisationen",
        en="Our own values among comparable organisations",
    ),
    "first": Label(de="Unteres Quartil", en="Lower quartile"),
    "median": Label(de="Median", en="Median"),
    "third": Label(de="Oberes Quartil", en="Upper quartile"),
    "peers_below": Label(de="Anteil mit kleinerem Wert", en="Share with a smaller value"),
    "outside": Label(de="Veröffentlichte Werte anderer", en="Published values of others"),
    "reference_caption": Label(
        de="Eigene Werte neben veröffentlichten", en="Our own values beside published ones"
    ),
    "ours": Label(de="Wir", en="Ours"),
    "theirs": Label(de="Andere", en="Others"),
    "differs": Label(de="Was die Werte unterscheidet", en="What sets the values apart"),
    "above": Label(
        de="{metric}: Mit {ours} liegen wir über dem Wert „{label}“ ({theirs}).",
        en="{metric}: at {ours} we are above the value “{label}” ({theirs}).",
    ),
    "below": Label(
        de="{metric}: Mit {ours} liegen wir unter dem Wert „{label}“ ({theirs}).",
        en="{metric}: at {ours} we are below the value “{label}” ({theirs}).",
    ),
    "level_with": Label(
        de="{metric}: Mit {ours} liegen wir im Bereich des Werts „{label}“ ({theirs}).",
        en="{metric}: at {ours} we are in the region of the value “{label}” ({theirs}).",
    ),
    "no_reference_value": Label(
        de="Neben keinem veröffentlichten Wert steht zurzeit ein eigener, der gezeigt werden darf.",
        en="At present no value of ours that may be shown stands beside a published one.",
    ),
    "no_reference": Label(
        de="Kein veröffentlichter Vergleichswert bekannt ist für: {metrics}.",
        en="No published reference value is known for: {metrics}.",
    ),
    # Findings
    "strengths": Label(de="Stärken", en="Strengths"),
    "gaps": Label(de="Lücken", en="Gaps"),
    "disagreements": Label(de="Widersprüche", en="Disagreements"),
    "chances": Label(de="Chancen", en="Chances"),
    "risks": Label(de="Risiken", en="Risks"),
    "strength_indicator": Label(
        de="{label}: {value}. Das entspricht Stufe {score}.",
        en="{label}: {value}. That corresponds to level {score}.",
    ),
    "strength_told": Label(
        de="{dimension}: Die Beschäftigten geben Stufe {level} an.",
        en="{dimension}: staff give level {level}.",
    ),
    "no_strength": Label(
        de="Noch trägt kein Beleg so weit, dass wir von einer Stärke sprechen würden.",
        en="No evidence carries far enough yet for us to speak of a strength.",
    ),
    "gap_indicator": Label(
        de="{label}: nur Stufe {score} ({value}).", en="{label}: level {score} only ({value})."
    ),
    "gap_facts": Label(
        de="{dimension}: ohne Grundlage sind {facts}.", en="{dimension}: without a foundation are {facts}."
    ),
    "no_gap": Label(de="Kein Beleg zeigt eine deutliche Lücke.", en="No evidence shows a clear gap."),
    "no_disagreement": Label(
        de="Wo sich vergleichen lässt, widersprechen sich die Belege nicht deutlich.",
        en="Where a comparison is possible the kinds of evidence do not clearly disagree.",
    ),
    "differ_told": Label(
        de="{dimension}: Gesagtes liegt {difference} Stufen über Beobachtetem. Zu klären ist, ob Einzelne das Bild prägen oder ein "
        "Wunsch; zwei Gespräche je Bereich bringen Klarheit.",
        en="{dimension}: what is told lies {difference} levels above what is observed. To be found out: do a few shape the picture, or a wish? Two "
        "conversations per department will tell.",
    ),
    "differ_observed": Label(
        de="{dimension}: Beobachtetes liegt {difference} Stufen über Gesagtem. Was gelingt, sollte sichtbar werden, bevor Neues beginnt.",
        en="{dimension}: what is observed lies {difference} levels above what is told. What works should be made visible before anything new begins.",
    ),
    "differ_paper": Label(
        de="{dimension}: Der Alltag (Stufe {practice}) ist weiter als die Dokumente (Stufe {paper}).",
        en="{dimension}: everyday practice (level {practice}) is further along than the documents (level {paper}).",
    ),
    "differ_practice": Label(
        de="{dimension}: Die Dokumente (Stufe {paper}) sind weiter als der Alltag (Stufe {practice}).",
        en="{dimension}: the documents (level {paper}) are further along than everyday practice (level {practice}).",
    ),
    "chance_hidden": Label(
        de="{dimensions}: Es gibt gute Praxis, die nur bekannt werden muss. Das kostet wenig und überzeugt mehr als jedes neue Format.",
        en="{dimensions}: there is good practice that only has to become known. That costs little and convinces more than any new format.",
    ),
    "chance_secure": Label(
        de="{dimensions}: Wer vereinbart, was ohnehin geschieht, sichert den Stand ohne neuen Aufwand im Alltag.",
        en="{dimensions}: agreeing what happens anyway secures the ground gained without any new effort in everyday work.",
    ),
    "chance_measure": Label(de="{title}: {good}", en="{title}: {good}"),
    "risk_table": Label(
        de="Risiken der Umsetzung und was ihnen begegnet",
        en="Risks of putting it into practice, and what counters them",
    ),
    "risk": Label(de="Risiko", en="Risk"),
    "counter": Label(de="Gegenmittel", en="Counter"),
    "at_measure": Label(de="Bei", en="With"),
    "risk_trust": Label(
        de="Furcht vor Überwachung, solange die Vereinbarung zur Auswertung fehlt",
        en="Fear of surveillance as long as there is no agreement on the analysis",
    ),
    "risk_trust_counter": Label(
        de="Zuerst mit Beschäftigtenvertretung und Datenschutz abschließen; gezeigt werden nur Gruppen",
        en="Conclude with works council and data protection first; only groups are shown",
    ),
    "every_measure": Label(de="allen Maßnahmen", en="every measure"),
}
