"""Do leaders take part, and do they converse or only announce?"""

from metrics.clustered import two_sided_share_cell
from metrics.interaction import LEFT_OUT
from metrics.leadership.lift import leader_lift, lift_cell
from metrics.leadership.taking_part import (
    PARTS,
    active_leaders,
    leader_parts,
    leader_replies,
    led_units,
)
from metrics.metric import (
    WITHIN,
    Direction,
    Interval,
    Label,
    Mark,
    Measure,
    Metric,
    Privacy,
    Scope,
    Source,
    Subject,
    Tier,
    Window,
)

_WHO = Label(
    de="Führungskräfte sind hier die der obersten beiden Ebenen, nach dem Stand in der Mitte des Zeitraums. Nennt keine Quelle "
    "Führungsebenen, ist der Wert unbekannt; wessen Ebene fehlt, zählt nicht als Führungskraft.",
    en="Leaders here are those of the top two levels, by what held in the middle of the period. Where no source tells levels of leadership "
    "the value is unknown; whose level is missing does not count as a leader.",
)
_FEW = Label(
    de="Führungskräfte sind wenige und leicht zu erkennen: der Wert wird nur gezeigt, wenn genügend von ihnen auf beiden Seiten stehen und "
    "auch der Vergleich mit anderen Werten keinen Einzelnen verrät. Wer selbst öffentlich mit gutem Beispiel vorangehen will, tut das "
    "außerhalb dieser Zahlen.",
    en="Leaders are few and easily recognised: the value is shown only where enough of them stand on either side, and where comparison "
    "with other values gives no single one away either. Who wants to set an example in public does so outside these numbers.",
)
_GHOSTS = Label(
    de="Was im Namen einer Führungskraft andere schreiben, ist nicht zu unterscheiden.",
    en="What others write in a leader's name can not be told apart.",
)
_LI = Source(Mark.READ, "Li 2015 (Altimeter, Harvard Business Review): absence of executives")
_ROUNDTABLE = Source(
    Mark.READ,
    "Community Roundtable 2014: the CEO takes part in 58 % of best-in-class and 36 % of average communities",
)
_LEVELS = Source(Mark.OWN, "the top two levels of leadership")
_ORGANISATION = frozenset({Scope.ORGANISATION})
_WINDOWS = frozenset({Window.DAYS28, Window.WEEKS26})

ACTIVE_LEADER_SHARE = Metric(
    key="active_leader_share",
    label=Label(de="Anteil aktiver Führungskräfte", en="Active leader share"),
    meaning=Label(
        de="Wie viele der Führungskräfte schreiben selbst etwas?",
        en="How many of the leaders write something themselves?",
    ),
    formula=Label(
        de="Führungskräfte mit mindestens einem Beitrag, Kommentar, einer Antwort, Bearbeitung oder Nachricht im Zeitraum, geteilt durch alle "
        "Führungskräfte",
        en="leaders with at least one new content, comment, reply, edit or message in the period, divided by all leaders",
    ),
    limits=(
        _WHO,
        _FEW,
        _GHOSTS,
        Label(
            de="Reaktionen und Lesen zählen hier nicht, obwohl auch ein Klick von oben wahrgenommen wird.",
            en="Reactions and reading do not count here, though a click from above is noticed as well.",
        ),
    ),
    unit=Measure.SHARE,
    direction=Direction.UP,
    tier=Tier.PEOPLE,
    subject=Subject.PEOPLE,
    sources=(_LI, _ROUNDTABLE, _LEVELS),
    statement=active_leaders,
    absent="no_leaders",
    reach=WITHIN,
    scopes=_ORGANISATION,
    windows=_WINDOWS,
    privacy=Privacy.PERSON,
    interval=Interval.WILSON,
)

LEADER_PARTS = Metric(
    key="leader_parts",
    label=Label(de="Wie Führungskräfte mitmachen", en="How leaders take part"),
    meaning=Label(
        de="Kommentieren und antworten die Führungskräfte, schreiben sie nur, oder schweigen sie?",
        en="Do leaders comment and reply, do they only write, or are they silent?",
    ),
    formula=Label(
        de="Führungskräfte nach dem, was sie im Zeitraum taten, geteilt durch alle Führungskräfte: mindestens ein Kommentar oder eine Antwort; "
        "sonst ein Beitrag, eine Bearbeitung oder Nachricht; sonst nichts Geschriebenes",
        en="leaders by what they did in the period, divided by all leaders: at least one comment or reply; otherwise a new content, an edit "
        "or message; otherwise nothing written",
    ),
    limits=(
        _WHO,
        _FEW,
        _GHOSTS,
        Label(
            de="Ein einziger Kommentar genügt: der Anteil sagt nicht, wie oft oder wie gut jemand antwortet.",
            en="A single comment is enough: the share does not tell how often or how well somebody answers.",
        ),
    ),
    unit=Measure.SHARE,
    direction=Direction.NEUTRAL,
    tier=Tier.PEOPLE,
    subject=Subject.PEOPLE,
    sources=(_LI, _LEVELS, Source(Mark.OWN, "comments told apart from other contributions")),
    statement=leader_parts,
    absent="no_leaders",
    reach=WITHIN,
    scopes=_ORGANISATION,
    windows=_WINDOWS,
    categories=PARTS,
    privacy=Privacy.PERSON,
    interval=Interval.WILSON,
)

LED_UNIT_SHARE = Metric(
    key="led_unit_share",
    label=Label(de="Einheiten mit aktiver Führung", en="Units with an active leader"),
    meaning=Label(
        de="In wie vielen Einheiten schreibt jemand aus der Führung selbst?",
        en="In how many units does one of the leaders write?",
    ),
    formula=Label(
        de="Einheiten, in denen mindestens eine Führungskraft im Zeitraum etwas schrieb, geteilt durch alle Einheiten, denen eine Führungskraft "
        "angehört",
        en="units in which at least one leader wrote something in the period, divided by all units a leader belongs to",
    ),
    limits=(
        _WHO,
        Label(
            de="Einheiten, deren Führungskräfte auf tieferen Ebenen stehen, kommen nicht vor, und Führungskräfte ohne bekannte Einheit auch nicht.",
            en="Units whose leaders are of lower levels do not appear, nor do leaders of no known unit.",
        ),
        Label(
            de="Jede Einheit steht für eine ihrer Führungskräfte: der Wert wird nur gezeigt, wenn auf beiden Seiten genügend Einheiten stehen und "
            "der Vergleich mit dem Anteil aktiver Führungskräfte keinen Einzelnen verrät.",
            en="Each unit stands for one of its leaders: the value is shown only where enough units stand on either side, and where comparison "
            "with the active leader share gives no single one away.",
        ),
    ),
    unit=Measure.SHARE,
    direction=Direction.UP,
    tier=Tier.PEOPLE,
    subject=Subject.UNITS,
    sources=(_LI, Source(Mark.OWN, "units as the place where leadership is seen"), _LEVELS),
    statement=led_units,
    absent="no_leaders",
    reach=WITHIN,
    scopes=_ORGANISATION,
    windows=_WINDOWS,
    privacy=Privacy.PERSON,
    interval=Interval.WILSON,
)

LEADER_REPLY_SHARE = Metric(
    key="leader_reply_share",
    label=Label(de="Antwortanteil der Führung", en="Leader reply share"),
    meaning=Label(
        de="Wie viel dessen, was Führungskräfte schreiben, ist Gespräch statt Ankündigung?",
        en="How much of what leaders write is conversation rather than announcement?",
    ),
    formula=Label(
        de="Kommentare und Antworten der Führungskräfte im Zeitraum, geteilt durch ihre Kommentare, Antworten und Beiträge",
        en="comments and replies of leaders in the period, divided by their comments, replies and posts",
    ),
    limits=(
        _WHO,
        _FEW,
        _GHOSTS,
        Label(
            de="Seiten, Bearbeitungen und Nachrichten zählen nicht: sie sind weder Ankündigung noch Antwort. Schrieben weniger als fünf "
            "Führungskräfte, ist der Wert unbekannt, auch wenn es keine war.",
            en="Pages, edits and messages do not count: they are neither announcement nor answer. Where fewer than five leaders wrote, the value "
            "is unknown, also where none did.",
        ),
    ),
    unit=Measure.SHARE,
    direction=Direction.UP,
    tier=Tier.PEOPLE,
    subject=Subject.CONTRIBUTIONS,
    sources=(_LI, Source(Mark.OWN, "dialogue instead of news written by others"), _LEVELS),
    statement=leader_replies,
    absent="no_leaders",
    reach=WITHIN,
    scopes=_ORGANISATION,
    windows=_WINDOWS,
    privacy=Privacy.PERSON,
    interval=Interval.BOOTSTRAP,
    cell=two_sided_share_cell,
)

LEADER_LIFT = Metric(
    key="leader_lift",
    label=Label(de="Mehr Antworten mit Führungskraft", en="Response lift with a leader"),
    meaning=Label(
        de="Bekommen Beiträge, bei denen eine Führungskraft mitredet, eher eine Antwort von anderen?",
        en="Are posts a leader takes part in more likely to get an answer from others?",
    ),
    formula=Label(
        de="Anteil der Beiträge, auf die binnen 7 Arbeitstagen jemand antwortete, der keine Führungskraft ist und den Beitrag nicht schrieb: "
        "unter denen, die eine Führungskraft schrieb oder in derselben Zeit kommentierte, minus unter den anderen; verglichen innerhalb "
        "desselben Raums und Kalendermonats und gewichtet nach Mantel und Haenszel",
        en="share of posts answered within 7 working days by somebody who is no leader and did not write the post: among those a leader wrote, "
        "or commented on in the same time, minus among the others; compared within the same room and calendar month and weighted by Mantel "
        "and Haenszel",
    ),
    limits=(
        Label(
            de="Ein Zusammenhang, keine Wirkung: Führungskräfte reden auch dort mit, wo schon viel gesprochen wird. Räume und Monate, in denen "
            "es nur Beiträge der einen Art gibt, sagen nichts und bleiben außen vor.",
            en="An association, not an effect: leaders also join in where much is said already. Rooms and months with posts of one kind only "
            "tell nothing and are left out.",
        ),
        _WHO,
        Label(
            de="Gezeigt nur, wenn genügend Führungskräfte mitredeten und nicht eine von ihnen bei mehr als der Hälfte. Die Spanne entsteht durch "
            "erneutes Ziehen von Räumen und fehlt bei weniger als fünf.",
            en="Shown only where enough leaders took part, and not one of them in more than half. The interval comes from drawing rooms again and "
            "is missing for fewer than five.",
        ),
        LEFT_OUT,
        Label(
            de="Die 7 Arbeitstage sind die der Organisation; der Wert ist der nächste Bruch mit einem Nenner bis zu einer Million.",
            en="The 7 working days are those of the organisation; the value is the nearest fraction with a denominator up to a million.",
        ),
    ),
    unit=Measure.INDEX,
    direction=Direction.UP,
    tier=Tier.PEOPLE,
    subject=Subject.POSTS,
    sources=(
        Source(Mark.KNOWN, "Mantel and Haenszel 1959; Greenland and Robins 1985: common difference of risks"),
        Source(Mark.OWN, "matched on room and month, 7 working days"),
        _LEVELS,
    ),
    statement=leader_lift,
    absent="no_leaders",
    scopes=_ORGANISATION,
    windows=_WINDOWS,
    privacy=Privacy.PERSON,
    interval=Interval.BOOTSTRAP,
    cell=lift_cell,
)

LEADERSHIP = (ACTIVE_LEADER_SHARE, LEADER_PARTS, LED_UNIT_SHARE, LEADER_REPLY_SHARE, LEADER_LIFT)
