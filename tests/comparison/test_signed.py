"""The benchmark file: what is in it, who signed it, and everything that is refused."""

import base64
import hashlib
import json
from datetime import date
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from jsonschema import Draft202012Validator

from service.comparison.benchmark import Level, Value
from service.comparison.files import own, remove, take, taken
from service.comparison.schema import schema
from service.comparison.signed import read
from service.errors import Conflict, Invalid, NotFound
from service.maturity.result import Kind

SCHEMA = Path(__file__).parent.parent.parent / "docs" / "benchmark.schema.json"
TODAY = date(2026, 7, 1)


@pytest.fixture
def company(world):
    return world.company("werra", 0.25, 3.12)


def changed(content, **fields):
    """The file with other fields and the old signature."""
    file = json.loads(content)
    file["benchmark"] |= fields
    return json.dumps(file).encode()


def test_the_committed_schema_is_current_and_valid():
    """Renew it with: python -m service.comparison.schema > docs/benchmark.schema.json"""
    assert json.loads(SCHEMA.read_text()) == json.loads(json.dumps(schema()))
    Draft202012Validator.check_schema(schema())


def test_a_file_tells_values_and_levels_in_thousandths_and_no_name(world, company):
    content = world.file(own(world.session, company, TODAY))
    file = json.loads(content)
    Draft202012Validator(json.loads(SCHEMA.read_text())).validate(file)
    assert file["benchmark"]["values"] == [
        {"metric": "contributor_share", "category": "", "value": 250, "low": 230, "high": 270}
    ]
    assert file["benchmark"]["levels"] == [
        {"dimension": "communication", "kind": "told", "level": 3100, "low": 2900, "high": 3300},
        {"dimension": "communication", "kind": "observed", "level": 3100, "low": 2900, "high": 3300},
        {"dimension": "governance", "kind": "documented", "level": 3100, "low": None, "high": None},
    ]
    assert file["benchmark"]["period"] == {"window": "weeks26", "since": "2025-12-01", "until": "2026-06-01"}
    assert file["benchmark"]["coverage"] == 1000
    assert b"erra" not in content
    assert read(content, world.public_key, TODAY) == own(world.session, company, TODAY)


def test_the_signature_can_be_checked_by_any_program(world, company):
    """From the documentation alone: canonical JSON, its SHA-256, and the line that is signed."""
    file = json.loads(world.file(own(world.session, company, TODAY)))
    text = json.dumps(file["benchmark"], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    line = f"resonanz-benchmark sha256:{hashlib.sha256(text.encode()).hexdigest()}"
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(file["signature"]["public_key"]))
    key.verify(base64.b64decode(file["signature"]["value"]), line.encode())


def test_what_is_hidden_or_unknown_is_left_out_not_zero(world):
    quiet = world.company("fulda", None, 3.0)
    world.publish(quiet, {date(2025, 12, 1): None})
    found = own(world.session, quiet, TODAY)
    assert (found.values, found.period) == ((), None)


def test_what_is_lacking_for_a_file_is_named_with_how_to_mend_it(world):
    with pytest.raises(Invalid) as lacking:
        own(world.session, world.company("fulda", None, None, industry=None, size=None), TODAY)
    for text in ("--industry", "--size", "resonanz assess"):
        assert text in str(lacking.value)
    assert "--country" not in str(lacking.value)


@pytest.mark.parametrize(
    "fields",
    [
        {"synthetic": True},
        {"coverage": 1000},
        {"created": "2026-06-21"},
        {"organisation": "f" * 32},
        {
            "values": [
                {"metric": "contributor_share", "category": "", "value": 251, "low": None, "high": None}
            ]
        },
    ],
)
def test_whatever_is_changed_after_signing_is_noticed(world, peer, fields):
    content = world.file(peer(1))
    with pytest.raises(Invalid, match="changed after it was signed"):
        read(changed(content, **fields), world.public_key, TODAY)


def test_a_file_signed_by_another_is_refused_whoever_it_names(world, peer, tmp_path):
    content = world.file(peer(1), "stranger")
    with pytest.raises(Invalid, match="another key"):
        read(content, world.public_key, TODAY)
    pretending = json.loads(content)
    pretending["signature"]["public_key"] = world.public_key
    with pytest.raises(Invalid, match="does not fit"):
        read(json.dumps(pretending).encode(), world.public_key, TODAY)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no JSON"),
        (b"\xff\xfe{", "no JSON"),
        (b"[]", "no benchmark file"),
        (b'{"benchmark": 1}', "no benchmark file"),
        (b'{"benchmark": {"format": "resonanz-benchmark/2"}}', "'resonanz-benchmark/2'"),
        (b'{"benchmark": {"format": "resonanz-benchmark/1"}}', "benchmark.organisation: Field required"),
        (b'{"benchmark":' + b"[" * 100_000, "no JSON"),
        (b" " * 1_000_001, "larger than 1,000,000"),
    ],
)
def test_what_is_no_benchmark_file_is_refused(world, content, message):
    with pytest.raises(Invalid, match=message):
        read(content, world.public_key, TODAY)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"person": "ada"}, "benchmark.person: Extra inputs"),
        ({"minimum_group": 4}, "minimum_group: Input should be greater than or equal to 5"),
        ({"coverage": 0.95}, "coverage: Input should be a valid integer"),
        ({"coverage": "950"}, "coverage: Input should be a valid integer"),
        ({"created": "gestern"}, "created: Input should be"),
        ({"organisation": "Werra AG"}, "organisation: String should match"),
    ],
)
def test_what_does_not_keep_to_the_format_is_named(world, peer, fields, message):
    with pytest.raises(Invalid, match=message):
        read(changed(world.file(peer(1)), **fields), world.public_key, TODAY)


def value(number, low=None, high=None, metric="contributor_share", category=""):
    return Value(metric=metric, category=category, value=number, low=low, high=high)


def level(number, low=None, high=None):
    return Level(dimension="culture", kind=Kind.TOLD, level=number, low=low, high=high)


def half_year(since, until):
    return {"window": "weeks26", "since": since, "until": until}


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"values": (value(1001),)}, "contributor_share: 1.001 can not be a share"),
        ({"values": (value(-1),)}, "-0.001 can not be a share"),
        ({"values": (value(-1001, metric="response_asymmetry"),)}, "-1.001 can not be a index"),
        ({"values": (value(250, 260, 300),)}, "lies outside its interval"),
        ({"values": (value(250), value(250))}, "stands there 2 times"),
        ({"values": (value(250, category="x"),)}, "no category 'x'"),
        ({"levels": (level(3000, 3100, 3200),)}, "culture told: the level lies outside"),
        ({"levels": (level(3000), level(3000))}, "culture told stands there 2 times"),
        ({"values": (), "levels": ()}, "neither values nor levels"),
        ({"period": None}, "period: is missing"),
        ({"assessed": None}, "assessed: is missing"),
        ({"period": half_year("2025-12-02", "2026-06-02")}, "none of the half-years"),
        ({"period": half_year("2025-12-01", "2026-05-31")}, "none of the half-years"),
        ({"period": half_year("2026-06-01", "2026-11-30")}, "had not ended"),
        ({"assessed": date(2026, 6, 21)}, "is later than the file"),
        ({"created": date(2026, 7, 3)}, "has not come yet"),
        (
            {"profile": {"industry": "L", "size": "huge", "country": "DE", "desk": None}},
            "'huge' is no size class",
        ),
        (
            {"profile": {"industry": "L", "size": "250_999", "country": "XX", "desk": None}},
            "'XX' is no country",
        ),
        (
            {
                "period": half_year("2024-06-03", "2024-12-02"),
                "assessed": date(2024, 12, 3),
                "created": date(2024, 12, 5),
            },
            "more than 18 months ago",
        ),
    ],
)
def test_what_can_not_be_is_refused_by_name(world, peer, fields, message):
    with pytest.raises(Invalid, match=message):
        read(world.file(peer(1, **fields)), world.public_key, TODAY)


def test_a_metric_of_a_newer_version_is_kept_though_not_compared(world, peer):
    found = read(world.file(peer(1, values=(value(9000, metric="later_metric"),))), world.public_key, TODAY)
    assert found.values[0].metric == "later_metric"


def test_a_newer_file_of_a_peer_takes_the_place_of_the_older_and_no_other(world, company, peer):
    world.give(company, peer(1, 250), peer(2, 260))
    newer = peer(1, 300, created=date(2026, 6, 25))
    found = take(world.session, company, world.file(newer), world.public_key, now=world.moment)
    assert found.replaced == date(2026, 6, 20)
    kept = {one.peer: one.content["values"][0]["value"] for one in taken(world.session, company)}
    assert kept == {f"{1:032x}": 300, f"{2:032x}": 260}
    for again in (newer, peer(1, 250)):
        with pytest.raises(Conflict, match="not newer"):
            take(world.session, company, world.file(again), world.public_key, now=world.moment)


def test_nobody_replaces_the_file_of_another_sender(world, company, peer, tmp_path):
    from service.privacy import keys

    world.give(company, peer(1))
    forged = world.file(peer(1, 990, created=date(2026, 6, 30)), "stranger")
    stranger = keys.read_public(world.folder / "stranger.pub")
    with pytest.raises(Conflict, match="signed with another key"):
        take(world.session, company, forged, stranger, now=world.moment)
    remove(world.session, company, f"{1:032x}")
    assert take(world.session, company, forged, stranger, now=world.moment).replaced is None


def test_nobody_is_a_peer_of_oneself(world, company):
    content = world.file(own(world.session, company, TODAY))
    with pytest.raises(Invalid, match="own file"):
        take(world.session, company, content, world.public_key, now=world.moment)
    other = world.company("fulda")
    assert take(world.session, other, content, world.public_key, now=world.moment).replaced is None


def test_only_what_is_there_can_be_removed(world, company):
    with pytest.raises(NotFound, match="resonanz benchmark list"):
        remove(world.session, company, "0" * 32)
