"""The rules for findings as data: complete, alike in both languages, and each able to hold and to fail."""

import re
import shutil

import pytest

from metrics.catalog import CATALOG
from service.advice import findings
from service.advice.catalogue import Role, leaves
from service.advice.catalogue.triggers import AgreementCondition, LevelCondition
from service.advice.findings.reading import FOLDER, read
from service.datafiles import Damaged
from service.errors import NotFound
from service.maturity import model as maturity

RULES = findings.current()
DIMENSIONS = [one.key for one in maturity.current().dimensions]
TEXTS = [
    (one.key, name, text)
    for one in RULES.findings
    for name, text in (("title", one.title), ("means", one.means), ("follows", one.follows))
]


def test_a_released_version_stays_as_it_is():
    released = {one.version: one.digest for one in findings.releases()}
    assert {version: findings.load(version).digest for version in released} == released


def test_a_version_there_is_not_is_named_with_those_there_are():
    with pytest.raises(NotFound, match=r"there are 1\.0"):
        findings.load("9.9")


def test_every_dimension_has_strengths_gaps_and_disagreements_and_the_register_has_owners():
    assert len(RULES.findings) >= 45
    for dimension in DIMENSIONS:
        for kind in (findings.Kind.STRENGTH, findings.Kind.GAP, findings.Kind.DISAGREEMENT):
            assert any(one.dimension == dimension and one.kind is kind for one in RULES.findings)
    assert len(RULES.of(findings.Kind.RISK)) >= 6
    assert len(RULES.of(findings.Kind.CHANCE)) >= 4
    for one in RULES.findings:
        assert (one.owner in set(Role)) is (one.kind in findings.REGISTERED), one.key


def test_what_is_told_and_observed_and_what_is_documented_and_lived_are_both_set_against_each_other():
    sides = {
        leaf.agreement
        for one in RULES.of(findings.Kind.DISAGREEMENT)
        for leaf in leaves(one.condition)
        if isinstance(leaf, AgreementCondition)
    }
    assert sides == {"told_above_observed", "observed_above_told"}
    papers = [one for one in RULES.of(findings.Kind.DISAGREEMENT) if one.key.endswith("documented_not_lived")]
    for one in papers:
        levels = [leaf for leaf in leaves(one.condition) if isinstance(leaf, LevelCondition)]
        assert {leaf.strand for leaf in levels} == {"documented", "observed"}
        assert {leaf.dimension for leaf in levels} == {one.dimension}
    assert len(papers) >= 5


@pytest.mark.parametrize("language", ["de", "en"])
def test_texts_are_whole_sentences_without_placeholders_or_typewriter_marks(language):
    for key, name, text in TEXTS:
        words = getattr(text, language)
        assert words == words.strip(), (key, name)
        assert not re.search(r"TODO|\?\?|\.\.\.|[{}<>\[\]]|  |\s[,;:!?]|[\"'`´]", words), (key, name)
        assert words.endswith((".", "?")) is (name != "title"), (key, name)
        assert len(words) <= (75 if name == "title" else 260), (key, name, len(words))


def test_both_languages_say_about_the_same_and_titles_are_unique():
    for key, name, text in TEXTS:
        assert text.de != text.en, key
        assert 0.5 <= len(text.de) / len(text.en) <= 1.9, (key, name)
    for language in ("de", "en"):
        titles = [getattr(one.title, language) for one in RULES.findings]
        assert len(set(titles)) == len(titles)


def test_no_german_text_names_one_gender_for_all():
    masculine = re.compile(
        r"\b(Mitarbeiter|Nutzer|Leser|Autor|Redakteur|Moderator|Teilnehmer|Kolleg|Chef)(?!ei)\w*"
    )
    assert not [key for key, _, text in TEXTS if masculine.search(text.de)]


def damaged(tmp_path, file, old, new):
    folder = tmp_path / "1.0"
    shutil.copytree(FOLDER / "1.0", folder)
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(Damaged) as raised:
        read(folder)
    return " ".join(raised.value.faults)


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        (
            "culture.toml",
            'metric = "active_leader_share"',
            'metric = "leaders"',
            "there is no metric 'leaders'",
        ),
        ("strategy.toml", 'fact = "strategy.mandate"', 'fact = "strategy.man"', "no fact 'strategy.man'"),
        ("business.toml", '"business.prove_benefit"', '"business.prove"', "no measure 'business.prove'"),
        ("register.toml", 'owner = "works_council"\n', "", "has an owner"),
        ("culture.toml", 'key = "culture.', 'key = "strategy.', "write culture."),
        ("technology.toml", 'kind = "strength"', 'kind = "risk"', "has an owner"),
        ("governance.toml", "matters = 3", "matters = 9", "matters"),
        ("findings.toml", '"strategy", ', "", "list each of"),
        ("culture.toml", 'dimension = "culture"', 'dimension = "cult"', "write one of"),
    ],
)
def test_a_damaged_file_says_what_is_wrong_and_how_to_mend_it(tmp_path, file, old, new, told):
    assert told in damaged(tmp_path, file, old, new)


def test_thresholds_of_metrics_lie_within_what_the_metric_can_be():
    for one in RULES.findings:
        for leaf in leaves(one.condition):
            metric = CATALOG.get(getattr(leaf, "metric", ""))
            for bound in (getattr(leaf, "at_least", None), getattr(leaf, "below", None)):
                if metric is not None and metric.unit.value == "share" and bound is not None:
                    assert 0 < bound < 1, one.key
