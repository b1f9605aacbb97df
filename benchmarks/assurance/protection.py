"""The promises about privacy, security, access, and about the tests themselves."""

from benchmarks.assurance.checks import Measured, Row, Tried

PRIVACY, SECURITY = "Privacy", "Security"

ATTACK = Measured("benchmarks.attack", 240, options={"histories": 10_000})
JOINING = Measured("benchmarks.joining", 6)
SUPPLY = Measured("benchmarks.supply", 2)
MUTATION = Measured("benchmarks.mutation", 60, options={"sample": 200})

PAGES = (
    "tests/web/test_browser.py",
    "tests/comparison/test_browser.py",
    "tests/security/test_browser.py",
    "tests/jobs/test_pages.py",
    "tests/maturity/test_pages.py",
    "tests/surveys/test_pages.py",
    "tests/embeds/test_frames.py",
)

PROTECTION = (
    Row(
        "P1",
        PRIVACY,
        "every published cell and every pair of cells",
        "at least k people, and a difference of 0 or at least k: over 10,000 random histories no violation",
        (ATTACK,),
    ),
    Row(
        "P2",
        PRIVACY,
        "differences over time, over filters and over formats",
        "at most 5 points better than a blind guess; all formats hide the same",
        (
            ATTACK,
            JOINING,
            Tried(
                "JSON, CSV, filters, OData, pages and embeds hide the same, and read publications only",
                ("tests/attack/test_outward.py", "tests/reports/test_outward.py", "tests/odata/test_rows.py"),
                2,
            ),
        ),
    ),
    Row(
        "P3",
        PRIVACY,
        "linear reconstruction of hidden cells from totals and parts",
        "no count of few is pinned to less than k",
        (ATTACK,),
    ),
    Row(
        "P4",
        PRIVACY,
        "names, addresses, titles and tokens planted in the source",
        "found in no store, export, log, metric, error page or backup",
        (
            Measured("benchmarks.canaries", 1),
            Tried(
                "canaries in single streams: collection, shared ids, webhooks, files, audit log, secrets",
                (
                    "tests/activity/test_collect.py",
                    "tests/identity/test_one_person.py",
                    "tests/hints/test_hooks.py",
                    "tests/files/test_console.py",
                    "tests/files/test_microsoft.py",
                    "tests/microsoft/test_audit.py",
                    "tests/security/test_no_secret_at_rest.py",
                ),
                1,
            ),
        ),
        "Traces are not among it: the program writes none.",
    ),
    Row(
        "P5",
        PRIVACY,
        "one person is erased; the key of pseudonyms is destroyed",
        "no row and no byte leads to anybody; noted; gone from what is published next",
        (
            Tried(
                "erasing, opting out, the end of a key, and what a backup brings back",
                ("tests/rights", "tests/backup", "tests/retention"),
                4,
                thorough=True,
            ),
        ),
    ),
    Row(
        "P6",
        PRIVACY,
        "reading single activities as any role, through pages or API",
        "impossible: no route leads there, no module that answers knows how",
        (
            Tried(
                "no module that answers knows what is counted; no request of any route touches it",
                (
                    "tests/attack/test_outward.py",
                    "tests/security/test_routes.py",
                    "tests/test_contracts.py::test_arrows_between_packages_point_one_way",
                ),
                2,
            ),
            Tried(
                "the views for BI tools and their role in PostgreSQL read published values only",
                ("tests/bi/test_views.py",),
                1,
            ),
        ),
    ),
    Row(
        "S1",
        SECURITY,
        "every route for every role and method",
        "each has its rule, what has none is refused, and a new one without a rule fails the tests",
        (
            Tried(
                "routes by role, and what one organisation may of another",
                ("tests/security/test_routes.py", "tests/separation/test_routes.py"),
                1,
            ),
        ),
    ),
    Row(
        "S2",
        SECURITY,
        "forged, changed, expired and foreign tokens: sign-in, sessions, API, Entra, Forge, embeds, links",
        "all refused",
        (
            Tried(
                "tokens nobody should take",
                (
                    "tests/security/test_forgeries.py",
                    "tests/security/test_tokens.py",
                    "tests/security/test_entra.py",
                    "tests/security/test_forge.py",
                    "tests/security/test_company.py",
                    "tests/security/test_signin.py",
                    "tests/security/test_links.py",
                    "tests/embeds/test_links.py",
                ),
                2,
            ),
        ),
    ),
    Row(
        "S3",
        SECURITY,
        "addresses that lead inside, by odd spelling, redirect, rebinding or what a platform tells",
        "no connection to a forbidden address, counted at the socket",
        (Tried("addresses nobody may call", ("tests/security/test_outbound.py",), 1),),
    ),
    Row(
        "S4",
        SECURITY,
        "the content security policy, over all pages, with keyboard",
        "the browser's console stays silent",
        (
            Tried(
                "pages in Chromium, in both languages and widths, the console watched",
                PAGES,
                15,
                thorough=True,
                chosen="(axe or sound or silent or clean or choice or keyboard) and not progress",
            ),
        ),
        "The console is watched on all pages but the comparison's; a pointer that hovers over every part is not tried.",
    ),
    Row(
        "S5",
        SECURITY,
        "secrets at rest",
        "none in the database, so that none can be swapped or decrypted; no message names one",
        (
            Tried(
                "the bytes of a filled database, messages of tokens and settings, keys of every folder",
                (
                    "tests/security/test_no_secret_at_rest.py",
                    "tests/separation/test_stores.py",
                    "tests/confluence/test_settings.py",
                    "tests/microsoft/test_tokens.py",
                ),
                1,
            ),
        ),
    ),
    Row(
        "S6",
        SECURITY,
        "the supply chain: locks with hashes, bill of materials, licences, known weaknesses",
        "every package pinned by hash, no unknown licence, the state of the audit told with source and date",
        (SUPPLY,),
    ),
    Row(
        "A1",
        "Access",
        "every page in two languages and two widths, checked by axe, and walked through by keyboard",
        "no violation; every control is reached",
        (
            Tried(
                "axe, reflow, headings, targets, contrast and keyboard in Chromium",
                PAGES,
                15,
                thorough=True,
                chosen="(axe or sound or silent or clean or contrast or keyboard or first_stop or typing or phone or focus or accessib) and not progress",
            ),
        ),
        "That every page is in one of the lists these tests go through is not checked itself.",
    ),
    Row(
        "Q1",
        "Tests and numbers",
        "small mistakes put into scoring, suppression, verifiers and leases; branches that the tests take",
        "at least 85 % of the mistakes are noticed; at least 90 % of the branches are taken",
        (MUTATION,),
    ),
    Row(
        "Q2",
        "Tests and numbers",
        "levels of maturity and metrics against second, independent implementations",
        "equal on 10,000 random inputs; monotone; the same for any order and time zone",
        (
            Tried(
                "levels: a naive computation, better evidence never lowers, order and time zone play no part",
                ("tests/maturity/test_assess.py",),
                10,
                thorough=True,
            ),
            Tried(
                "metrics: statements against naive counting on random small organisations",
                (
                    "tests/metrics/test_against_reference.py",
                    "tests/metrics/test_dialogue_reference.py",
                    "tests/metrics/test_freshness_reference.py",
                    "tests/metrics/test_interaction_reference.py",
                    "tests/metrics/test_leadership_reference.py",
                    "tests/metrics/test_network_reference.py",
                    "tests/metrics/test_participation_reference.py",
                ),
                15,
                thorough=True,
            ),
        ),
    ),
)
