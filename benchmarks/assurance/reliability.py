"""The promises about load, faults and bad input."""

from benchmarks.assurance.checks import Measured, Row, Tried

LOAD, FAULTS, INPUT = "Load", "Faults", "Bad input"

SERVING = Measured("benchmarks.load.serving", 45)
UPSTREAM = Measured("benchmarks.upstream", 20)
KILLS = Measured("benchmarks.kills", 40)
ENVIRONMENT = Measured("benchmarks.environment", 15)

RELIABILITY = (
    Row(
        "L1",
        LOAD,
        "the API lists 100 published values over 16 connections, on SQLite and PostgreSQL",
        "at least 300 requests/s, p95 below 100 ms, no error",
        (SERVING,),
    ),
    Row(
        "L2",
        LOAD,
        "a page with charts for 10 readers at once",
        "p95 below 400 ms; memory below 400 MB after 30 min, growing by less than 1 MB/min",
        (SERVING,),
    ),
    Row(
        "L3",
        LOAD,
        "a first collection of a million activities from the fake intranet",
        "at least 3,000 activities/s to disk, memory below 500 MB",
        (Measured("benchmarks.load.million", 15),),
    ),
    Row(
        "L4",
        LOAD,
        "the nightly measuring of 2,000 rooms, 10,000 people, 5 million activities",
        "below 10 min on PostgreSQL, 15 min on SQLite; a second run gives the same bytes",
        (Measured("benchmarks.load.nightly", 60),),
    ),
    Row(
        "L5",
        LOAD,
        "pages and API while a source is collected",
        "p95 at most twice that of an idle service; the database is never told to be locked",
        (SERVING,),
    ),
    Row(
        "L6",
        LOAD,
        "a cold start until the service is ready; backup and restore of 5 million activities",
        "below 5 s empty, 10 s with 5 GB; below 5 min, equal checksums",
        (Measured("benchmarks.load.start", 30),),
    ),
    Row(
        "R1",
        FAULTS,
        "a collection killed at random points",
        "of 200 kills nothing lost, nothing doubled, the cursor never ahead of the data",
        (
            KILLS,
            Tried(
                "a batch that dies at each of its steps, and a process killed again and again",
                ("tests/activity/test_crashes.py", "tests/confluence/test_crash.py"),
                10,
                thorough=True,
            ),
        ),
    ),
    Row(
        "R2",
        FAULTS,
        "a worker killed while it holds a job, 2 to 6 processes on PostgreSQL",
        "each effect exactly once; taken over within two leases",
        (
            Measured("benchmarks.jobs", 30),
            Tried(
                "leases against a model, contention in small, and a job whose worker is killed",
                ("tests/jobs/test_model.py", "tests/jobs/test_contention.py", "tests/jobs/test_serving.py"),
                5,
                thorough=True,
            ),
        ),
    ),
    Row(
        "R3",
        FAULTS,
        "a platform that answers 429, 5xx, resets, drips, cuts or garbles 30 % of its answers",
        "the collection ends with equal data; never sooner than Retry-After; each call ends within 60 s",
        (UPSTREAM,),
    ),
    Row(
        "R4",
        FAULTS,
        "pages that shift, repeat or vanish during paging, and cursors that expire",
        "equal to the truth after the next run; what is missing is a gap, never silent",
        (
            UPSTREAM,
            Tried(
                "changes while lists are paged through, repeated and expired cursors, of both platforms",
                (
                    "tests/confluence/test_incremental.py",
                    "tests/confluence/test_faults.py",
                    "tests/demo/test_microsoft_deltas.py",
                    "tests/microsoft/sharepoint/test_sites.py",
                    "tests/microsoft/test_teams.py",
                    "tests/microsoft/test_groups.py",
                ),
                5,
                thorough=True,
            ),
        ),
    ),
    Row(
        "R5",
        FAULTS,
        "a full disk, a database that is read-only, restarts or fails over, a clock that jumps, nights of summer time",
        "a clear state, no traceback, recovers by itself within 60 s",
        (ENVIRONMENT,),
    ),
    Row(
        "R6",
        FAULTS,
        "SIGTERM under load",
        "ended within 10 s, no error for what was accepted, leases given back",
        (ENVIRONMENT,),
    ),
    Row(
        "R7",
        FAULTS,
        "the way from each released schema to the newest, with data, and twice",
        "all data survive; an older program refuses a newer schema",
        (
            Tried(
                "every revision with data, twice, and an older program",
                ("tests/deployment/test_upgrade.py",),
                2,
            ),
        ),
        "There is one revision so far, since nothing was released: what a later one does is tried with made-up revisions.",
    ),
    Row(
        "R8",
        FAULTS,
        "one suite for all connectors: wrong settings, first and later runs, two runs compared, a future state",
        "all of it, for each connector",
        (
            Tried(
                "one suite over every registered connector: settings, check, readings, cursors of the future, broken off",
                ("tests/connectors",),
                1,
            ),
            Tried(
                "Confluence: settings, check, requests as described, recorded answers",
                (
                    "tests/confluence/test_settings.py",
                    "tests/confluence/test_check.py",
                    "tests/confluence/test_contract.py",
                    "tests/confluence/test_recorded.py",
                ),
                1,
            ),
            Tried(
                "Microsoft 365: settings, check, requests as described, recorded answers",
                (
                    "tests/microsoft/test_settings.py",
                    "tests/microsoft/test_check.py",
                    "tests/microsoft/test_rooms_contract.py",
                    "tests/microsoft/sharepoint/test_contract.py",
                    "tests/microsoft/sharepoint/test_recorded.py",
                ),
                2,
            ),
            Tried(
                "audit log and files: settings, reading, reading on, refusing",
                ("tests/microsoft/test_audit.py", "tests/files"),
                1,
            ),
        ),
        "There is no earlier release to compare with.",
    ),
    Row(
        "B1",
        INPUT,
        "the API asked for everything its description allows and much that it does not, by three roles and nobody",
        "500 examples of each operation: no server error, no status or type that is not described",
        (Measured("benchmarks.fuzz", 240, options={"examples": 500}),),
    ),
    Row(
        "B2",
        INPUT,
        "whatever bytes reach the parsers of cursors, OData filters, survey files, webhooks and foreign tokens",
        "10 min each: no crash, nothing takes longer than 1 s, memory below 300 MB",
        (Measured("benchmarks.parsers", 75, options={"minutes": 10.0}),),
    ),
    Row(
        "B3",
        INPUT,
        "titles of 10 MB, NUL, right-to-left, combining marks and emoji, years 1 and 9999, deleted people, "
        "100,000 members, spaces in a circle",
        "the same values as without, and pages that render",
        (
            Tried(
                "deleted people, any bytes, huge lines and packed bombs in files, letters of all kinds in room names",
                (
                    "tests/assurance/test_nasty_data.py",
                    "tests/confluence/test_accounts.py",
                    "tests/confluence/test_streams.py",
                    "tests/files/test_tables.py",
                    "tests/files/test_reading.py",
                    "tests/web/test_pages.py",
                    "tests/web/test_charts.py",
                ),
                2,
            ),
        ),
        "Not tried in Data Center: the years 1 and 9999. Not tried: 100,000 members, and metrics and pages of all these beside those without. Names are 200 kB long in the tests. Trees of spaces do not exist for Resonanz, which reads rooms one beside the other: a circle of them has nothing to break.",
    ),
)
