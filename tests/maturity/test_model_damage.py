"""A damaged model is refused: each fault with its file, its key, and how to mend it."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from service.maturity.model import Damaged, releases, versions
from service.maturity.model.reading import FOLDER, read

Change = Callable[..., list[str]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(FOLDER / "1.0", tmp_path / "1.0")
    shutil.copy(FOLDER / "changes.toml", tmp_path)
    return tmp_path


@pytest.fixture
def faults(folder: Path) -> Change:
    def change(file: str, *replaced: tuple[str, str]) -> list[str]:
        """What is found after replacing text in a file (its first place)."""
        path = folder / "1.0" / file
        text = path.read_text()
        for before, after in replaced:
            assert before in text
            text = text.replace(before, after, 1)
        path.write_text(text)
        with pytest.raises(Damaged) as found:
            read(folder / "1.0")
        assert all(fault in str(found.value) for fault in found.value.faults)
        return found.value.faults

    return change


def test_the_copy_is_sound(folder: Path) -> None:
    assert read(folder / "1.0").version == "1.0"


KEY_OF_Q1 = 'key = "culture.q1"'
FIRST_FACT = 'key = "culture.statement"\nlevel = 2'
REACH = (
    'metric = "reach"\nscope = "organisation"\nwindow = "days28"\ndirection = "up"\n'
    "anchors = [0.20, 0.45, 0.65, 0.80, 0.92]"
)


@pytest.mark.parametrize(
    ("file", "before", "after", "fault"),
    [
        (
            "culture.toml",
            ', en = "I can say what I think on the intranet without having to fear the consequences."',
            "",
            "culture.toml, questions, culture.q1, text: has no text in en: write en = …",
        ),
        (
            "culture.toml",
            'en = "I can say what I think on the intranet without having to fear the consequences."',
            'en = " "',
            "culture.toml, questions, culture.q1, text: has no text in en: write en = …",
        ),
        (
            "culture.toml",
            'name = { de = "Schweigen", en = "Silence" }',
            'name = { de = "Schweigen", en = "Silence", fr = "Silence" }',
            "culture.toml, levels, 0, steps, 1a, name: has a text in fr, which is not shown: remove it",
        ),
        (
            "culture.toml",
            'name = { de = "Schweigen", en = "Silence" }',
            'name = "Silence"',
            "culture.toml, levels, 0, steps, 1a, name: needs a text in both languages: write de = … and en = …",
        ),
        (
            "culture.toml",
            f"{KEY_OF_Q1}\n",
            f'{KEY_OF_Q1}\ncolour = "red"\n',
            "culture.toml, questions, culture.q1, colour: is not known here: correct its spelling or remove it",
        ),
        (
            "culture.toml",
            f'{KEY_OF_Q1}\ngroup = "everyone"\n',
            f"{KEY_OF_Q1}\n",
            "culture.toml, questions, culture.q1, group: is missing: add it",
        ),
        (
            "culture.toml",
            f'{KEY_OF_Q1}\ngroup = "everyone"\n',
            f'{KEY_OF_Q1}\ngroup = "guests"\n',
            "culture.toml, questions, culture.q1, group: Input should be 'everyone', 'leaders' or 'communication_it'",
        ),
        (
            "culture.toml",
            FIRST_FACT,
            FIRST_FACT.replace("2", '"2"'),
            "culture.toml, facts, culture.statement, level: Input should be a valid integer",
        ),
        (
            "culture.toml",
            KEY_OF_Q1,
            'key = "culture.q2"',
            "culture.toml, culture.q2: the key is used 2 times: give each part its own",
        ),
        (
            "culture.toml",
            KEY_OF_Q1,
            'key = "q1"',
            "culture.toml, q1: a key begins with its dimension: write culture.…",
        ),
        (
            "culture.toml",
            'key = "culture"',
            'key = "strategy"',
            "culture.toml, key: is 'strategy': write key = 'culture' or rename the file",
        ),
        (
            "culture.toml",
            'direction = "up"\nanchors = [0.05, 0.20, 0.40, 0.60, 0.80]',
            'direction = "up"\nanchors = [0.05, 0.20, 0.20, 0.60, 0.80]',
            "culture.toml, culture.active_leader_share: anchors [0.05, 0.2, 0.2, 0.6, 0.8] must rise strictly, since "
            "direction is 'up'",
        ),
        (
            "technology.toml",
            "anchors = [0.90, 0.75, 0.55, 0.35, 0.15]",
            "anchors = [0.15, 0.35, 0.55, 0.75, 0.90]",
            "technology.toml, technology.unread_pages: anchors [0.15, 0.35, 0.55, 0.75, 0.9] must fall strictly, since "
            "direction is 'down'",
        ),
        (
            "technology.toml",
            REACH,
            REACH.replace(", 0.92", ""),
            "technology.toml, indicators, technology.reach, anchors, 4: is missing: add it",
        ),
        (
            "technology.toml",
            REACH,
            REACH.replace('"reach"', '"clicks"'),
            "technology.toml, technology.reach: there is no metric 'clicks': choose a key that `resonanz metrics list` shows",
        ),
        (
            "technology.toml",
            REACH,
            REACH.replace("days28", "weeks26"),
            "technology.toml, technology.reach: metric 'reach' is not measured for window 'weeks26': choose days28",
        ),
        (
            "technology.toml",
            REACH,
            REACH.replace('scope = "organisation"', 'scope = "room"'),
            "technology.toml, technology.reach: scope is 'room': the model is about the organisation: write scope = "
            "'organisation'",
        ),
        (
            "technology.toml",
            REACH,
            REACH.replace('"reach"', '"reach"\ncategory = "reading"'),
            "technology.toml, technology.reach: metric 'reach' has no categories: remove category",
        ),
        (
            "governance.toml",
            'category = "poor"',
            'category = "bad"',
            "governance.toml, governance.pages_without_owner: category 'bad': metric 'page_owners' has great, ok, poor",
        ),
        (
            "technology.toml",
            REACH,
            REACH.replace('"up"', '"down"').replace(
                "[0.20, 0.45, 0.65, 0.80, 0.92]", "[0.9, 0.8, 0.6, 0.4, 0.2]"
            ),
            "technology.toml, technology.reach: direction is 'down', but of metric 'reach' more is better",
        ),
        (
            "business.toml",
            'metric = "response_rate_staff"',
            'metric = "answered_questions"',
            "business.toml, business.response_rate_staff: metric 'answered_questions' is never known, since no platform tells "
            "what it needs: choose another",
        ),
        (
            "culture.toml",
            'mark = "D"\nminimum_coverage = 0.8\nweight = 0.20',
            'mark = "R"\nminimum_coverage = 0.8\nweight = 0.20',
            "culture.toml, culture.reciprocity: mark is 'R': name the publication as citation, or mark it 'D'",
        ),
        (
            "culture.toml",
            "weight = 0.25",
            "weight = 0.35",
            "culture.toml, indicators: their weights add up to 1.1: make it 1",
        ),
        (
            "culture.toml",
            "minimum_coverage = 0.8",
            "minimum_coverage = 80",
            "culture.toml, indicators, culture.active_leader_share, minimum_coverage: Input should be less than or equal to 1",
        ),
        (
            "culture.toml",
            "short = true\n",
            "",
            "culture.toml, questions: 1 in the short form: mark exactly 2 with short = true",
        ),
        (
            "culture.toml",
            'key = "culture.l1"\ngroup = "leaders"',
            'key = "culture.l1"\ngroup = "everyone"',
            "culture.toml, questions: none for the group 'leaders': add one",
        ),
        (
            "culture.toml",
            'key = "culture.learning"\nlevel = 4',
            'key = "culture.learning"\nlevel = 5',
            "culture.toml, facts: none for level 4: add one, or the level could be reached without proof",
        ),
        (
            "culture.toml",
            "level = 3\nvalid_months = 12",
            "level = 1\nvalid_months = 12",
            "culture.toml, culture.leader_programme: level is 1: it must be 2 to 5, since level 1 demands nothing",
        ),
        (
            "culture.toml",
            "valid_months = 24",
            "valid_months = 0",
            "culture.toml, culture.statement: valid_months is 0: make it at least 1, or leave it out if a proof counts without end",
        ),
        (
            "culture.toml",
            "number = 4",
            "number = 5",
            "culture.toml, levels: are [1, 2, 3, 5, 5]: describe 1 to 5 in order",
        ),
        (
            "culture.toml",
            "at = 1.3",
            "at = 2.3",
            "culture.toml, level 1: steps begin at [1.0, 2.3, 1.6]: put them in rising order",
        ),
        (
            "culture.toml",
            "at = 1.0",
            "at = 1.1",
            "culture.toml, level 1: its first step begins at 1.1: let it begin at 1",
        ),
        (
            "culture.toml",
            'key = "2b"',
            'key = "2c"',
            "model.toml, steps: step 2c has no name: add 2c = …",
        ),
        (
            "strategy.toml",
            "[[facts]]",
            """[[indicators]]
key = "strategy.reach"
label = { de = "Reichweite", en = "Reach" }
metric = "reach"
scope = "organisation"
window = "days28"
direction = "up"
anchors = [0.1, 0.2, 0.3, 0.4, 0.5]
reasoning = { de = "Darum.", en = "Because." }
mark = "D"
minimum_coverage = 0.8
weight = 1.0
[[facts]]""",
            "strategy.toml, no_observation: there are indicators: remove it or them",
        ),
        (
            "model.toml",
            "communication = 0.30",
            "communication = 0.40",
            "model.toml, communication, weights: they add up to 1.1: make it 1",
        ),
        (
            "model.toml",
            "communication = 0.30\n",
            "sales = 0.30\n",
            "model.toml, communication, weights: 'communication' is missing: add its weight",
        ),
        (
            "model.toml",
            'focus = "communication"',
            'focus = "sales"',
            "model.toml, focus: 'sales' is no profile: name one of the profiles",
        ),
        (
            "model.toml",
            '[[scales]]\nkey = "frequency"',
            '[[scales]]\nkey = "agreement"',
            "model.toml, scales: the scale 'frequency' must stand there once",
        ),
        (
            "model.toml",
            'leaders = { de = "Führungskräfte", en = "Leaders" }\n',
            "",
            "model.toml, wording, groups: 'leaders' has no name: add leaders = …",
        ),
        (
            "model.toml",
            'version = "1.0"',
            'version = "first"',
            "model.toml, version: String should match pattern '^[0-9]+\\.[0-9]+$'",
        ),
        (
            "model.toml",
            "order = [",
            "arranged = [",
            "model.toml, order: is missing: add it",
        ),
        (
            "model.toml",
            '"culture", ',
            "",
            "culture.toml: not in the order of model.toml: add it there or remove the file",
        ),
        (
            "model.toml",
            '"culture"',
            '"customs"',
            "culture.toml: not in the order of model.toml: add it there or remove the file",
        ),
    ],
)
def test_each_fault_is_told_with_its_place_and_mend(
    faults: Change, file: str, before: str, after: str, fault: str
) -> None:
    assert fault in faults(file, (before, after))


def test_all_faults_are_told_at_once(faults: Change) -> None:
    assert faults("culture.toml", ("weight = 0.25", "weight = 0.35"), ("short = true\n", "")) == [
        "culture.toml, questions: 1 in the short form: mark exactly 2 with short = true",
        "culture.toml, indicators: their weights add up to 1.1: make it 1",
    ]


def test_too_few_questions_are_counted(faults: Change) -> None:
    gone = ("everyone", "leaders")
    keys = [f'key = "strategy.q{number}"\ngroup = "%s"' for number in (3, 4)]
    assert faults("strategy.toml", *((key % gone[0], key % gone[1]) for key in keys)) == [
        "strategy.toml, questions: 3 for everyone: there must be at least 5"
    ]


def test_the_short_form_is_for_everyone(faults: Change) -> None:
    key = 'key = "culture.q1"\ngroup = "%s"'
    assert faults("culture.toml", (key % "everyone", key % "leaders")) == [
        "culture.toml, questions: 1 in the short form: mark exactly 2 with short = true",
        "culture.toml, culture.q1: the short form is for everyone: remove short or change its group",
    ]


def test_a_low_level_without_steps_is_refused(folder: Path, faults: Change) -> None:
    text = (folder / "1.0" / "culture.toml").read_text()
    start, end = text.index('[[levels.steps]]\nkey = "2a"'), text.index("[[levels]]\nnumber = 3")
    assert faults("culture.toml", (text[start:end], "")) == [
        "culture.toml, level 2: most organisations start here: divide it into at least two steps"
    ]


def test_a_dimension_without_indicators_has_to_say_why(folder: Path, faults: Change) -> None:
    text = (folder / "1.0" / "culture.toml").read_text()
    start, end = text.index("[[indicators]]"), text.index("[[facts]]")
    assert faults("culture.toml", (text[start:end], "")) == [
        "culture.toml, indicators: 0: there must be at least 2, or no_observation with the reason"
    ]


def test_a_missing_file_is_named(folder: Path) -> None:
    (folder / "1.0" / "culture.toml").unlink()
    with pytest.raises(Damaged) as found:
        read(folder / "1.0")
    assert found.value.faults == ["culture.toml: there is no such file: add it"]


def test_a_file_that_is_no_toml_is_named(folder: Path) -> None:
    (folder / "1.0" / "culture.toml").write_text("key = ")
    with pytest.raises(Damaged, match=r"culture\.toml: is no TOML file in UTF-8: Invalid value"):
        read(folder / "1.0")


def test_a_version_without_a_folder_is_named(folder: Path) -> None:
    shutil.rmtree(folder / "1.0")
    with pytest.raises(Damaged) as found:
        releases(folder)
    assert found.value.faults == [
        "changes.toml, 1.0: there is no folder 1.0 with a model.toml: add it or remove the entry"
    ]


def test_a_folder_without_an_entry_is_named(folder: Path) -> None:
    shutil.copytree(folder / "1.0", folder / "1.1")
    with pytest.raises(Damaged) as found:
        versions(folder)
    assert found.value.faults == [
        "changes.toml: the folder 1.1 is not listed: add an entry that tells what is new in it"
    ]


def test_versions_stand_in_order(folder: Path) -> None:
    changes = (folder / "changes.toml").read_text()
    entry = changes[changes.index("[[releases]]") :]
    for version in ("1.9", "1.10"):
        shutil.copytree(folder / "1.0", folder / version)
    (folder / "changes.toml").write_text(
        entry + entry.replace('"1.0"', '"1.9"') + entry.replace('"1.0"', '"1.10"')
    )
    assert versions(folder) == ("1.0", "1.9", "1.10")
    (folder / "changes.toml").write_text(
        entry + entry.replace('"1.0"', '"1.10"') + entry.replace('"1.0"', '"1.9"')
    )
    with pytest.raises(Damaged) as found:
        versions(folder)
    assert found.value.faults == [
        "changes.toml: lists 1.0, 1.10, 1.9: put each version in once, the oldest first"
    ]


def test_a_damaged_change_log_is_told_with_its_place(folder: Path) -> None:
    changes = (folder / "changes.toml").read_text()
    (folder / "changes.toml").write_text(changes.replace("comparable = false\n", ""))
    with pytest.raises(Damaged) as found:
        releases(folder)
    assert found.value.faults == ["changes.toml, releases, 0, comparable: is missing: add it"]


def test_layout_leaves_the_digest_as_it_is_and_a_word_does_not(folder: Path) -> None:
    before = read(folder / "1.0").digest
    path = folder / "1.0" / "culture.toml"
    text = path.read_text()
    path.write_text(
        "# A comment.\n" + text.replace("Fragen an die Leitung werden", "Fragen an\n  die Leitung werden")
    )
    assert path.read_text().count("Fragen an\n") == 1
    assert read(folder / "1.0").digest == before
    path.write_text(text.replace("Fragen an die Leitung", "Fragen an die Spitze"))
    assert read(folder / "1.0").digest != before
