"""What to write to those who were invited: to all of them, since nobody knows who has answered."""

from service.models import SurveyRound

TEXTS = {
    "de": """Betreff: Erinnerung: {title}

Guten Tag,

unsere Umfrage „{title}“ läuft noch. Wenn Sie schon teilgenommen haben: vielen Dank, Sie brauchen nichts weiter zu tun. Wir \
schreiben allen, weil wir nicht wissen und nicht wissen können, wer geantwortet hat.

Wenn nicht: Ihr persönlicher Link aus der Einladung gilt weiterhin, und jede Antwort macht das Bild genauer. Die Umfrage ist \
freiwillig und anonym. Ergebnisse zeigen wir nur für Gruppen, aus denen mindestens {minimum} Personen geantwortet haben.

Vielen Dank!
""",
    "en": """Subject: Reminder: {title}

Hello,

our survey “{title}” is still open. If you have taken part already: thank you, there is nothing more to do. We write to everybody, \
because we do not know, and can not know, who has answered.

If not: your own link from the invitation still works, and every answer makes the picture more precise. The survey is voluntary \
and anonymous. We show results only for groups of which at least {minimum} people have answered.

Thank you!
""",
}


def reminders(survey: SurveyRound) -> dict[str, str]:
    """The text of a reminder by language, ready to be sent to all who were invited."""
    titles = {"de": survey.title_de, "en": survey.title_en}
    return {
        code: text.format(title=titles[code], minimum=survey.minimum_group) for code, text in TEXTS.items()
    }
