"""A damaged catalogue is refused: each fault with its file, its key, and how to mend it."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from service.advice.catalogue import Damaged, releases, versions
from service.advice.catalogue.reading import FOLDER, read

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
            assert before in text, before
            text = text.replace(before, after, 1)
        path.write_text(text)
        with pytest.raises(Damaged) as found:
            read(folder / "1.0")
        assert all(fault in str(found.value) for fault in found.value.faults)
        return found.value.faults

    return change


def test_the_copy_is_sound(folder: Path) -> None:
    assert read(folder / "1.0").version == "1.0"


TITLE = 'en = "Settle moderation and what happens in a dispute"'
FIRST_TRIGGER = '{ fact = "culture.barriers", standing = ["absent", "partly", "expired"] }'


@pytest.mark.parametrize(
    ("file", "before", "after", "fault"),
    [
        (
            "governance.toml",
            f", {TITLE}",
            "",
            "governance.toml, measures, governance.moderation, title: has no text in en: write en = …",
        ),
        (
            "governance.toml",
            TITLE,
            'en = " "',
            "governance.toml, measures, governance.moderation, title: has no text in en: write en = …",
        ),
        (
            "governance.toml",
            f"{TITLE} }}",
            f'{TITLE}, fr = "Modération" }}',
            "governance.toml, measures, governance.moderation, title: has a text in fr, which is not shown: remove it",
        ),
        (
            "culture.toml",
            'key = "culture.barriers"\n',
            'key = "culture.barriers"\ncolour = "red"\n',
            "culture.toml, measures, culture.barriers, colour: is not known here: correct its spelling or remove it",
        ),
        (
            "culture.toml",
            'key = "culture.barriers"\nkind = "start"\n',
            'key = "culture.barriers"\n',
            "culture.toml, measures, culture.barriers, kind: is missing: add it",
        ),
        (
            "culture.toml",
            'key = "culture.barriers"\nkind = "start"\n',
            'key = "culture.barriers"\nkind = "adjust"\n',
            "culture.toml, culture.barriers, kind: is 'adjust' from level 1: 'start' is below 2, 'adjust' from there",
        ),
        (
            "culture.toml",
            'key = "culture.barriers"',
            'key = "culture.leader_statement"',
            "culture.toml, culture.leader_statement: the key is used 2 times: give each measure its own",
        ),
        (
            "culture.toml",
            'key = "culture.barriers"',
            'key = "barriers"',
            "culture.toml, barriers, key: a key begins with its dimension: write culture.…",
        ),
        (
            "culture.toml",
            FIRST_TRIGGER,
            '{ colour = "red" }',
            "culture.toml, measures, culture.barriers, trigger, any, 0: is no condition: begin it with dimension, "
            "dont_know, metric, fact, size, all or any",
        ),
        (
            "culture.toml",
            FIRST_TRIGGER,
            '{ fact = "culture.barriers", standing = ["unknown"] }',
            "culture.toml, measures, culture.barriers, trigger, any, 0, standing, 0: Input should be 'met', 'partly', "
            "'absent' or 'expired'",
        ),
        (
            "culture.toml",
            FIRST_TRIGGER,
            '{ fact = "manners.barriers", standing = ["absent"] }',
            "culture.toml, culture.barriers, trigger: 'manners' is no dimension: write one of strategy, business, "
            "organisation, communication, culture, technology, governance",
        ),
        (
            "culture.toml",
            FIRST_TRIGGER,
            '{ dimension = "culture", strand = "told" }',
            "culture.toml, measures, culture.barriers, trigger, any, 0: has no bound: write at_least = … or below = …",
        ),
        (
            "culture.toml",
            FIRST_TRIGGER,
            '{ dimension = "culture", strand = "told", at_least = 3, below = 2 }',
            "culture.toml, measures, culture.barriers, trigger, any, 0: can never hold: at_least must be smaller than "
            "below",
        ),
        (
            "culture.toml",
            FIRST_TRIGGER,
            '{ metric = "likes", window = "days28", below = 0.5 }',
            "culture.toml, culture.barriers, trigger: there is no metric 'likes': choose a key that "
            "`resonanz metrics list` shows",
        ),
        (
            "culture.toml",
            FIRST_TRIGGER,
            '{ metric = "answered_questions", window = "weeks26", below = 0.5 }',
            "culture.toml, culture.barriers, trigger: metric 'answered_questions' is never known, since no platform "
            "tells what it needs: choose another",
        ),
        (
            "culture.toml",
            FIRST_TRIGGER,
            '{ metric = "reach", window = "weeks26", below = 0.5 }',
            "culture.toml, culture.barriers, trigger: metric 'reach' is not measured for window 'weeks26': choose days28",
        ),
        (
            "culture.toml",
            FIRST_TRIGGER,
            '{ metric = "reach", scope = "room", window = "days28", below = 0.5 }',
            "culture.toml, measures, culture.barriers, trigger, any, 0, scope: Input should be 'organisation'",
        ),
        (
            "culture.toml",
            FIRST_TRIGGER,
            '{ metric = "room_state", category = "asleep", window = "days28", below = 0.5 }',
            "culture.toml, culture.barriers, trigger: category 'asleep': metric 'room_state' has active, born, closed, "
            "dead, dormant, stillborn, stirring",
        ),
        (
            "culture.toml",
            FIRST_TRIGGER,
            '{ metric = "reach", category = "all", window = "days28", below = 0.5 }',
            "culture.toml, culture.barriers, trigger: metric 'reach' has no categories: remove category",
        ),
        (
            "culture.toml",
            "from_level = 1.0\nto_level = 1.6",
            "from_level = 1.6\nto_level = 1.6",
            "culture.toml, measures, culture.barriers: lifts nothing: make to_level greater than from_level",
        ),
        (
            "culture.toml",
            '{ role = "internal_communication", low = 2, likely = 3, high = 4 }',
            '{ role = "internal_communication", low = 4, likely = 3, high = 4 }',
            "culture.toml, measures, culture.barriers, effort, 0: must rise: low, likely, high",
        ),
        (
            "culture.toml",
            '{ role = "hr", low = 1, likely = 2, high = 3 },',
            '{ role = "hr", low = 1, likely = 2, high = 3 }, { role = "hr", low = 1, likely = 2, high = 3 },',
            "culture.toml, culture.barriers, effort: hr per organisation stands there 2 times: add it up",
        ),
        (
            "culture.toml",
            '{ role = "hr", low = 1, likely = 2, high = 3 },',
            '{ role = "hr", amount = 3, low = 1, likely = 2, high = 3 },',
            "culture.toml, culture.barriers, effort: hr: amount counts rooms, pages, … : name them by per = …",
        ),
        (
            "culture.toml",
            "shows = { earliest = 2, latest = 10 }",
            "shows = { earliest = 10, latest = 10 }",
            "culture.toml, measures, culture.barriers, proofs, 0, shows: can not end before it begins: make latest "
            "greater than earliest",
        ),
        (
            "culture.toml",
            '{ fact = "culture.barriers", shows = {',
            '{ fact = "culture.barriers", told = "culture", shows = {',
            "culture.toml, measures, culture.barriers, proofs, 0: names not exactly one proof: write metric, told or fact",
        ),
        (
            "culture.toml",
            '{ fact = "culture.barriers", shows = {',
            '{ metric = "reach", scope = "organisation", window = "days28", direction = "down", low = 0.1, high = 0.2, '
            "shows = {",
            "culture.toml, culture.barriers, proofs: direction is down, but of metric 'reach' up is better",
        ),
        (
            "culture.toml",
            '{ fact = "culture.barriers", shows = {',
            '{ metric = "reach", shows = {',
            "culture.toml, measures, culture.barriers, proofs, 0: is not complete: a metric needs scope, window, "
            "direction, low and high",
        ),
        (
            "strategy.toml",
            'measure = "strategy.mandate", fact',
            'measure = "strategy.blessing", fact',
            "strategy.toml, strategy.statement_of_goals, prerequisites: there is no measure 'strategy.blessing': "
            "correct the key",
        ),
        (
            "strategy.toml",
            'measure = "strategy.mandate", fact',
            'measure = "strategy.goals_known", fact',
            "prerequisites go round in a circle: strategy.statement_of_goals → strategy.goals_known → "
            "strategy.statement_of_goals: take one out",
        ),
        (
            "catalogue.toml",
            'hr = { de = "Personalabteilung", en = "Human resources" }\n',
            "",
            "catalogue.toml, roles: 'hr' has no name: add hr = …",
        ),
        (
            "catalogue.toml",
            'order = ["strategy", "business", ',
            'order = ["business", "business", ',
            "strategy.toml: not in the order of catalogue.toml: add it there or remove the file",
        ),
        (
            "needs.toml",
            'group = "office"\npurpose = "inform"',
            'group = "office"\npurpose = "explain"',
            "needs.toml: no need for office × inform: add it",
        ),
        (
            "use_cases.toml",
            'groups = ["services", ',
            'groups = ["guests", ',
            "use_cases.toml, service_questions, groups: there is no 'guests'",
        ),
        (
            "signals.toml",
            'metric = "reach", scope = "room"',
            'metric = "engagement_of_reach", scope = "room"',
            "signals.toml, read_but_silent, shown_by: metric 'engagement_of_reach' is not measured for scope 'room': "
            "choose organisation",
        ),
        (
            "signals.toml",
            "[signals.not_published]\nde = \"E-Mail wird",
            "[signals.silence]\nde = \"E-Mail wird",
            "signals.toml, signals, mailing_lists, silence: is not known here: correct its spelling or remove it",
        ),
    ],
)  # fmt: skip
def test_a_fault_is_told_with_its_place_and_its_mend(
    faults: Change, file: str, before: str, after: str, fault: str
) -> None:
    assert fault in faults(file, (before, after))


def test_a_dimension_without_a_way_on_is_told(folder: Path, faults: Change) -> None:
    text = (folder / "1.0" / "culture.toml").read_text()
    found = faults("culture.toml", (text, text.replace('kind = "adjust"', 'kind = "start"')))
    assert "culture.toml: no measure of the kind 'adjust': add one" in found


def test_a_gap_between_levels_is_told(faults: Change) -> None:
    found = faults("strategy.toml", ('from_level = 2.5\nto_level = 4.0', 'from_level = 2.5\nto_level = 3.0'))  # fmt: skip
    assert "strategy.toml: no measure leads on from level 3.5: add one" in found


def test_faults_of_several_files_are_told_at_once(folder: Path) -> None:
    for name in ("culture.toml", "signals.toml"):
        path = folder / "1.0" / name
        path.write_text(path.read_text() + '\ncolour = "red"\n')
    (folder / "1.0" / "fit.toml").unlink()
    (folder / "1.0" / "needs.toml").write_text("= nothing")
    with pytest.raises(Damaged) as found:
        read(folder / "1.0")
    told = "\n".join(found.value.faults)
    assert "fit.toml: there is no such file: add it" in told
    assert "needs.toml: is no TOML file in UTF-8" in told
    assert "culture.toml" in told
    assert "signals.toml" in told


def test_the_change_log_and_the_folders_have_to_agree(folder: Path) -> None:
    assert versions(folder) == ("1.0",)
    (folder / "1.0").rename(folder / "1.1")
    with pytest.raises(Damaged) as found:
        releases(folder)
    assert found.value.faults == [
        "changes.toml, 1.0: there is no folder 1.0 with a catalogue.toml: add it or remove the entry",
        "changes.toml: the folder 1.1 is not listed: add an entry that tells what is new in it",
    ]
