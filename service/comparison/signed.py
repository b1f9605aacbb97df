"""The benchmark file: canonical JSON and its Ed25519 signature; what is wrong with one is named before anything is kept.

Signed is the line `resonanz-benchmark sha256:<digest>` (ASCII, no line end) with the digest of the canonical text: UTF-8, keys sorted,
no white space, whole numbers only.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from metrics.catalog import CATALOG
from metrics.metric import Measure
from metrics.periods import ANCHOR
from service.comparison import classes
from service.comparison.benchmark import FORMAT, LENGTH, THOUSAND, Benchmark, Value
from service.errors import Invalid
from service.privacy.agreement import canonical
from service.privacy.keys import sign_message, valid_message

FRESH = timedelta(days=548)
"""How old the newest day of what is compared may be: 18 months."""
LARGEST = 1_000_000
"""Bytes of a file that is read at all."""


class Signature(BaseModel):
    """Ed25519 (RFC 8032): the public key as 64 hexadecimal digits, the signature in base64."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    algorithm: Literal["Ed25519"]
    public_key: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    value: Annotated[str, Field(pattern=r"^[A-Za-z0-9+/]{86}==$")]


class SignedBenchmark(BaseModel):
    """A benchmark file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    benchmark: Benchmark
    signature: Signature


def message(benchmark: Benchmark) -> bytes:
    """What is signed."""
    return f"resonanz-benchmark sha256:{digest(benchmark)}".encode("ascii")


def digest(benchmark: Benchmark) -> str:
    return hashlib.sha256(canonical(benchmark.model_dump(mode="json")).encode()).hexdigest()


def signed(benchmark: Benchmark, key: Path, passphrase: str) -> str:
    """The content of the file, signed with the private key in a file. Raises `Invalid` for a wrong passphrase or kind of key."""
    public_key, value = sign_message(message(benchmark), key, passphrase)
    signature = Signature(algorithm="Ed25519", public_key=public_key, value=value)
    made = SignedBenchmark(benchmark=benchmark, signature=signature)
    return json.dumps(made.model_dump(mode="json"), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def read(content: bytes, public_key: str, today: date) -> Benchmark:
    """The benchmark of a file that `public_key` must have signed. Raises `Invalid` with everything that is wrong with it."""
    if len(content) > LARGEST:
        raise Invalid(f"the file is larger than {LARGEST:,} bytes: a benchmark file never is")
    try:
        given = json.loads(content)
    except (ValueError, RecursionError) as error:  # also where it is no UTF-8
        raise Invalid(f"the file is no JSON: {error}") from error
    if not isinstance(given, dict) or not isinstance(given.get("benchmark"), dict):
        raise Invalid(f"the file is no benchmark file of the format {FORMAT}")
    if (named := given["benchmark"].get("format")) != FORMAT:
        raise Invalid(
            f"the file is of the format {named!r}, and {FORMAT} is read: ask for one of that format"
        )
    try:
        found = SignedBenchmark.model_validate_json(content, strict=True)
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()[:10])
        raise Invalid(f"the file does not keep to its format: {faults}") from error
    if found.signature.public_key != public_key:
        raise Invalid(
            "the file was signed with another key: ask its sender for the file or the public key (.pub) that belongs to it"
        )
    if not valid_message(public_key, found.signature.value, message(found.benchmark)):
        raise Invalid(
            "the signature does not fit: the file was changed after it was signed; ask its sender for it again"
        )
    if wrong := list(faults_of(found.benchmark, today)):
        raise Invalid(f"the file can not be compared with: {'; '.join(wrong)}")
    return found.benchmark


def faults_of(benchmark: Benchmark, today: date) -> Iterator[str]:
    """What is implausible or too old, each with its place."""
    yield from _classes(benchmark)
    yield from _days(benchmark, today)
    names = Counter((one.metric, one.category) for one in benchmark.values)
    yield from (
        f"values: {metric} {category} stands there {number} times"
        for (metric, category), number in names.items()
        if number > 1
    )
    strands = Counter((one.dimension, one.kind) for one in benchmark.levels)
    yield from (
        f"levels: {dimension} {kind} stands there {number} times"
        for (dimension, kind), number in strands.items()
        if number > 1
    )
    for value in benchmark.values:
        yield from (f"values, {value.metric}: {fault}" for fault in _value(value))
    for level in benchmark.levels:
        if not _inside(level.low, level.level, level.high):
            yield f"levels, {level.dimension} {level.kind}: the level lies outside its interval"


def _classes(benchmark: Benchmark) -> Iterator[str]:
    profile = benchmark.profile
    for name, check in (("size", classes.size), ("country", classes.country), ("desk", classes.desk)):
        given = getattr(profile, name)
        if given is None:
            continue
        try:
            check(given)
        except Invalid as error:
            yield f"profile, {name}: {error}"


def _days(benchmark: Benchmark, today: date) -> Iterator[str]:
    if benchmark.created > today + timedelta(days=1):
        yield f"created: {benchmark.created} has not come yet"
    if benchmark.period is None and benchmark.values:
        yield "period: is missing, though there are values"
    if benchmark.assessed is None and benchmark.levels:
        yield "assessed: is missing, though there are levels"
    newest = []
    if benchmark.period is not None:
        since, until = benchmark.period.since, benchmark.period.until
        if (until - since).days != LENGTH or (since - ANCHOR).days % LENGTH:
            yield f"period: {since} to {until} is none of the half-years that are compared"
        if until > benchmark.created:
            yield f"period: had not ended when the file was made ({benchmark.created})"
        newest.append(until)
    if benchmark.assessed is not None:
        if benchmark.assessed > benchmark.created:
            yield f"assessed: {benchmark.assessed} is later than the file ({benchmark.created})"
        newest.append(benchmark.assessed)
    if not benchmark.values and not benchmark.levels:
        yield "it holds neither values nor levels"
    elif newest and max(newest) < today - FRESH:
        yield f"it tells of {max(newest)} and before, which is more than 18 months ago: ask for a newer one"


def _value(value: Value) -> Iterator[str]:
    metric = CATALOG.get(value.metric)
    if not _inside(value.low, value.value, value.high):
        yield "the value lies outside its interval"
    if metric is None:  # of a newer version: kept, and not compared
        return
    if value.category not in (metric.categories or {""}):
        yield f"there is no category {value.category!r}"
    lowest = -THOUSAND if metric.unit is Measure.INDEX else 0
    highest = THOUSAND if metric.unit in {Measure.SHARE, Measure.INDEX} else None
    for number in (value.low, value.value, value.high):
        if number is not None and (number < lowest or (highest is not None and number > highest)):
            yield f"{number / THOUSAND} can not be a {metric.unit.value}"


def _inside(low: int | None, value: int, high: int | None) -> bool:
    return (low is None or low <= value) and (high is None or value <= high)
