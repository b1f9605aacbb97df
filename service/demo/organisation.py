"""The fictitious company on paper: units, sites, names, and the rooms with what they are meant for and how they fare."""

from dataclasses import dataclass
from typing import Literal

NAME = "Auental Energie AG"
MAIL_DOMAIN = "auental-energie.example"
SITES = ("Auental (Zentrale)", "Brückmühl", "Hafenwerk", "Moorhain", "Kundencenter Lindenplatz")

Platform = Literal["intranet", "wiki", "office"]
Purpose = Literal["official", "team", "community", "project"]
Fate = Literal["broadcast", "steady", "living", "stirring", "stillborn", "dead", "closed"]


@dataclass(frozen=True, slots=True)
class Unit:
    slug: str
    name: str
    share: float
    """Part of the workforce."""


UNITS = (
    Unit("netzbetrieb", "Netzbetrieb", 0.20),
    Unit("erzeugung", "Erzeugung", 0.13),
    Unit("kundenservice", "Kundenservice", 0.15),
    Unit("vertrieb", "Vertrieb", 0.10),
    Unit("erneuerbare", "Erneuerbare Energien", 0.08),
    Unit("it", "Informationstechnik", 0.09),
    Unit("finanzen", "Finanzen und Controlling", 0.06),
    Unit("personal", "Personal", 0.04),
    Unit("einkauf", "Einkauf und Logistik", 0.04),
    Unit("handel", "Energiehandel", 0.03),
    Unit("recht", "Recht und Compliance", 0.025),
    Unit("kommunikation", "Unternehmenskommunikation", 0.02),
    Unit("sicherheit", "Arbeitssicherheit und Umwelt", 0.02),
    Unit("vorstand", "Vorstand und Stab", 0.015),
)


@dataclass(frozen=True, slots=True)
class Plan:
    """A room as the company meant it (`purpose`, `unit`, `open`) and as it turned out (`fate`)."""

    platform: Platform
    key: str
    name: str
    purpose: Purpose
    fate: Fate
    pace: float = 1.0
    """Original pages and posts in a usual week."""
    unit: str | None = None
    units: tuple[str, ...] = ()
    size: int = 0
    """Members drawn from `units` (from all if empty) for communities and projects."""
    open: bool = True
    age: float = 1.0
    """When it was opened: 1 before the history begins, 0 at its end."""


def _team(slug: str, key: str, fate: Fate, pace: float, platform: Platform = "intranet") -> Plan:
    name = next(unit.name for unit in UNITS if unit.slug == slug)
    return Plan(platform, key, f"Team {name}", "team", fate, pace, unit=slug, open=False)


PLANS = (
    Plan("intranet", "NEWS", "Aktuelles", "official", "broadcast", 4.5, unit="kommunikation"),
    Plan("intranet", "VORSTAND", "Der Vorstand informiert", "official", "broadcast", 0.8, unit="vorstand"),
    Plan("intranet", "HR", "Personal und Soziales", "official", "broadcast", 1.6, unit="personal"),
    Plan("intranet", "ITS", "IT-Service", "official", "broadcast", 1.8, unit="it"),
    Plan("intranet", "SICHER", "Arbeitssicherheit", "official", "broadcast", 0.9, unit="sicherheit"),
    Plan("intranet", "COMPL", "Compliance und Datenschutz", "official", "broadcast", 0.5, unit="recht"),
    Plan("intranet", "BR", "Der Betriebsrat", "official", "broadcast", 0.6, unit="personal"),
    Plan("intranet", "RICHT", "Richtlinien und Formulare", "official", "broadcast", 0.7, unit="recht"),
    Plan("intranet", "STANDORT", "Standorte und Kantine", "official", "broadcast", 0.9, unit="einkauf"),
    Plan("intranet", "MARKE", "Marke und Auftritt", "official", "dead", 0.5, unit="kommunikation"),
    Plan("intranet", "PV", "Photovoltaik-Forum", "community", "living", 2.8, size=130, age=0.8),
    Plan("intranet", "EXCEL", "Excel- und Power-BI-Helfer", "community", "living", 3.4, size=170),
    Plan("intranet", "IDEEN", "Ideenwerkstatt", "community", "living", 3.0, size=190, age=0.27),
    Plan("intranet", "EMOB", "E-Mobilität und Dienstrad", "community", "living", 2.4, size=110, age=0.265),
    Plan("intranet", "KI", "KI im Alltag", "community", "living", 3.6, size=150, age=0.22),
    Plan("intranet", "AZUBI", "Azubi-Treff", "community", "stirring", 0.7, size=40),
    Plan("intranet", "LAUF", "Laufgruppe", "community", "stirring", 0.5, size=55),
    Plan("intranet", "FRAUEN", "Frauennetzwerk", "community", "steady", 0.9, size=70, open=False, age=0.27),
    Plan("intranet", "GESUND", "Gesund im Schichtdienst", "community", "stirring", 0.6, size=60, age=0.26),
    Plan("intranet", "LESE", "Lesekreis Energiewende", "community", "dead", 0.8, size=30),
    Plan("intranet", "FOTO", "Fotofreunde", "community", "stillborn", size=25, age=0.25),
    Plan("intranet", "GARTEN", "Werksgarten Hafenwerk", "community", "stillborn", size=20, age=0.2),
    _team("netzbetrieb", "TNETZ", "steady", 1.6),
    _team("erzeugung", "TERZ", "steady", 1.0),
    _team("kundenservice", "TKUND", "living", 2.2),
    _team("vertrieb", "TVERT", "steady", 1.4),
    _team("erneuerbare", "TEE", "living", 1.8),
    _team("it", "TIT", "steady", 2.0),
    _team("finanzen", "TFIN", "stirring", 0.5),
    _team("personal", "TPERS", "steady", 0.9),
    _team("einkauf", "TEINK", "stirring", 0.4),
    _team("handel", "THAND", "dead", 0.6),
    _team("recht", "TRECHT", "stirring", 0.3),
    _team("kommunikation", "TKOMM", "steady", 1.3),
    Plan(
        "intranet",
        "SMART",
        "Projekt Smart-Meter-Rollout",
        "project",
        "living",
        2.0,
        units=("netzbetrieb", "it", "kundenservice"),
        size=48,
        open=False,
        age=0.6,
    ),
    Plan(
        "intranet",
        "PORTAL",
        "Projekt Kundenportal",
        "project",
        "steady",
        1.5,
        units=("vertrieb", "it", "kundenservice"),
        size=36,
        open=False,
        age=0.5,
    ),
    Plan(
        "intranet",
        "WIND",
        "Projekt Windpark Moorhain",
        "project",
        "steady",
        1.2,
        units=("erneuerbare", "recht", "finanzen", "einkauf"),
        size=30,
        open=False,
        age=0.45,
    ),
    Plan(
        "intranet",
        "WAERME",
        "Projekt Fernwärmeausbau",
        "project",
        "stirring",
        0.8,
        units=("erzeugung", "netzbetrieb"),
        size=26,
        open=False,
        age=0.33,
    ),
    Plan(
        "intranet",
        "RELAUNCH",
        "Projekt Intranet-Relaunch",
        "project",
        "closed",
        1.8,
        units=("kommunikation", "it", "personal"),
        size=18,
        open=False,
        age=0.8,
    ),
    Plan("intranet", "SOMMER", "Sommerfest", "project", "closed", 1.0, size=16, age=0.3),
    Plan("wiki", "LEIT", "Handbuch Leitstelle", "official", "broadcast", 1.0, unit="netzbetrieb"),
    Plan("wiki", "ITDOKU", "IT-Dokumentation", "official", "broadcast", 1.8, unit="it"),
    Plan("wiki", "QM", "Qualitätsmanagement", "official", "broadcast", 0.8, unit="sicherheit"),
    _team("it", "ITBETR", "living", 2.0, "wiki"),
    _team("netzbetrieb", "NETZPLAN", "steady", 1.8, "wiki"),
    _team("erzeugung", "KWINST", "steady", 1.2, "wiki"),
    _team("handel", "HANDEL", "steady", 0.9, "wiki"),
    Plan(
        "wiki",
        "SAP",
        "Projekt S/4-Umstellung",
        "project",
        "living",
        2.8,
        units=("it", "finanzen", "einkauf"),
        size=52,
        open=False,
    ),
    Plan(
        "wiki",
        "ISO",
        "Projekt ISO 27001",
        "project",
        "steady",
        1.2,
        units=("it", "recht", "netzbetrieb"),
        size=24,
        open=False,
        age=0.7,
    ),
    Plan(
        "wiki",
        "TRAFO",
        "Projekt Umspannwerk Brückmühl",
        "project",
        "steady",
        1.0,
        units=("netzbetrieb", "einkauf"),
        size=22,
        open=False,
        age=0.55,
    ),
    Plan(
        "wiki",
        "GAS",
        "Projekt Gasnetz-Ausstieg",
        "project",
        "stirring",
        0.6,
        units=("netzbetrieb", "recht"),
        size=18,
        open=False,
        age=0.4,
    ),
    Plan("wiki", "BIO", "Projekt Biogasanlage", "project", "dead", 1.0, units=("erzeugung",), size=14),
    Plan("wiki", "ZENTRALE", "Projekt Neue Zentrale", "project", "closed", 1.2, size=20),
    Plan("wiki", "CRM", "Projekt CRM-Ablösung", "project", "closed", 1.4, units=("vertrieb", "it"), size=24),
    Plan("wiki", "DROHNE", "Arbeitskreis Drohneninspektion", "community", "steady", 0.8, size=34, age=0.5),
    Plan("wiki", "LEAN", "Arbeitskreis Lean", "community", "stillborn", size=15, age=0.6),
)
PERSONAL_SPACES = {"intranet": 6, "wiki": 4}

FIRST_NAMES = (
    "Anna",
    "Ayşe",
    "Bernd",
    "Birgit",
    "Carla",
    "Christian",
    "Claudia",
    "Cem",
    "Daniel",
    "Dorothea",
    "Elif",
    "Emil",
    "Eva",
    "Fabian",
    "Fatma",
    "Felix",
    "Frank",
    "Greta",
    "Gudrun",
    "Hanna",
    "Heike",
    "Holger",
    "Ines",
    "Ingo",
    "Irina",
    "Jan",
    "Jana",
    "Jens",
    "Johanna",
    "Jonas",
    "Judith",
    "Kai",
    "Karin",
    "Katrin",
    "Kemal",
    "Lars",
    "Lea",
    "Leon",
    "Lisa",
    "Lukas",
    "Magda",
    "Maja",
    "Marc",
    "Maria",
    "Markus",
    "Mehmet",
    "Meike",
    "Milan",
    "Miriam",
    "Nadine",
    "Nico",
    "Nina",
    "Nora",
    "Oliver",
    "Olga",
    "Paul",
    "Petra",
    "Piotr",
    "Ralf",
    "Renate",
    "Robert",
    "Rosa",
    "Sabine",
    "Samir",
    "Sandra",
    "Selin",
    "Simon",
    "Sofia",
    "Stefan",
    "Svenja",
    "Tanja",
    "Thomas",
    "Tim",
    "Ulrike",
    "Uwe",
    "Vera",
    "Viktor",
    "Volker",
    "Yasmin",
    "Zoran",
)
LAST_NAMES = (
    "Albers", "Arndt", "Bachmann", "Becker", "Behrens", "Berger", "Böhm", "Brandt", "Braun", "Busch", "Demir", "Dietz",
    "Ebert", "Engel", "Ernst", "Fischer", "Franke", "Friedrich", "Fuchs", "Graf", "Groß", "Günther", "Haas", "Hahn",
    "Hansen", "Hartmann", "Heinrich", "Herrmann", "Hoffmann", "Horn", "Huber", "Jäger", "Jansen", "Jung", "Kaiser",
    "Kaya", "Keller", "Klein", "Koch", "Köhler", "König", "Kowalski", "Kraft", "Krämer", "Krause", "Krüger", "Kuhn",
    "Lange", "Lehmann", "Lorenz", "Ludwig", "Maier", "Martin", "Marx", "Meyer", "Möller", "Müller", "Nagel", "Neumann",
    "Novak", "Otto", "Özdemir", "Peters", "Petrović", "Pfeiffer", "Pohl", "Richter", "Riedel", "Roth", "Sauer",
    "Schäfer", "Schmidt", "Schneider", "Scholz", "Schreiber", "Schröder", "Schubert", "Schulte", "Schulz", "Schumacher",
    "Schuster", "Schwarz", "Seidel", "Simon", "Sommer", "Stein", "Thomas", "Vogel", "Vogt", "Voigt", "Wagner", "Walter",
    "Weber", "Weiß", "Werner", "Winkler", "Winter", "Wolf", "Yılmaz", "Ziegler", "Zimmermann",
)  # fmt: skip
