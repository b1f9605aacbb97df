"""What the sign-in page and the error page say."""

WORDS = {
    "de": {
        "title": "Anmelden",
        "name": "Name",
        "password": "Passwort",
        "submit": "Anmelden",
        "wrong": "Name oder Passwort stimmt nicht.",
        "throttled": "Zu viele Versuche. Bitte warten Sie etwas und versuchen Sie es dann noch einmal.",
        "home": "Zur Startseite",
        "404": "Diese Seite gibt es nicht.",
        "405": "So lässt sich diese Seite nicht aufrufen.",
        "422": "Die Eingabe passt nicht.",
        "503": "Der Dienst ist noch nicht bereit.",
        "other": "Das hat nicht geklappt.",
    },
    "en": {
        "title": "Sign in",
        "name": "Name",
        "password": "Password",
        "submit": "Sign in",
        "wrong": "Name or password is wrong.",
        "throttled": "Too many attempts. Please wait a while, then try again.",
        "home": "To the start page",
        "404": "There is no such page.",
        "405": "This page can not be called like that.",
        "422": "The input does not fit.",
        "503": "The service is not ready yet.",
        "other": "That did not work.",
    },
}
