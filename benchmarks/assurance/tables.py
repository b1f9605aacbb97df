"""Further figures: speed and memory of single parts, how much is shown, how often intervals hold. Most have no target."""

from benchmarks.assurance.checks import Measured, Row

SPEED, SHOWN, WHOLE = "Collecting, storing and measuring", "What is shown", "The whole"

FURTHER = (
    Row(
        "C1",
        SPEED,
        "collection from Confluence, beside perceval 1.6.1",
        "",
        (Measured("benchmarks.collection", 10),),
        "perceval reads versions only; it is stopped after some items, and its listing time is left out, both in its favour.",
    ),
    Row(
        "C2",
        SPEED,
        "collection from Microsoft 365, 50 ms a request, 8 at once",
        "",
        (Measured("benchmarks.microsoft", 15),),
        "A ratio is wall time against requests ÷ concurrency × latency. Requests that need each other's answers allow no better than their chain.",
    ),
    Row("C3", SPEED, "storing 300,000 activities", "", (Measured("benchmarks.log", 3),)),
    Row(
        "C4",
        SPEED,
        "measuring 300,000 activities, and again after little changed",
        "",
        (Measured("benchmarks.measuring", 3),),
        "The same catalogue on Spark, and a million activities: [sizes](sizing.md).",
    ),
    Row(
        "C5",
        SHOWN,
        "how much is published of what plain thresholds would show",
        "",
        (Measured("benchmarks.utility", 15),),
        "Random organisations with log-normal sizes of rooms and units; a week and four weeks of each; k = 10. Shares are of cells, and of the people "
        "behind them. Of what plain thresholds on one side show, most that is hidden are shares near nobody or everybody, which speak about each single person.",
    ),
    Row(
        "C6",
        SHOWN,
        "whether a measure worked: how often the interval holds the true effect",
        "",
        (Measured("benchmarks.effects", 20),),
        "Synthetic organisations with a known effect, in twelve scenarios.",
    ),
    Row(
        "C7",
        SHOWN,
        "how heavy pages are and how soon they are painted, in Chromium, beside a running demonstration",
        "",
        (Measured("benchmarks.pages", 5),),
        "Start `make demo` in another terminal first. Every page is also looked at by `make test`: at most 300 kB, axe, reflow at 320 px, keyboard.",
    ),
    Row(
        "C9",
        SPEED,
        "metrics beside pandas and vivainsights, and publishing beside a plain threshold",
        "every value equal",
        (Measured("benchmarks.analytics", 10),),
        "1,000,000 activities.",
    ),
    Row(
        "C10",
        SPEED,
        "publishing 28 days and the four weeks in them, by the size of the company",
        "1,000 people and 200 rooms within 30 s, 10,000 people and 2,000 rooms within 10 min, 1 GB",
        (Measured("benchmarks.publishing", 40),),
        "All metrics of all units and rooms. Rooms overlap, and a fifth of them has exactly the people of one to three units, which makes what can be worked "
        "out from what a large system of totals. “The night after” publishes once more with everything published before.",
    ),
    Row(
        "C8",
        WHOLE,
        "the demonstration, the tests, erasing and saving: taken by hand",
        "",
        (),
        "No program measures these again.",
    ),
)
