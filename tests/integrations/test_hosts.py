"""The app for Confluence Cloud and the macro for Data Center, as far as their text tells; what runs is in `make forge`."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2] / "integrations"
APP = ROOT / "forge"
MACRO = (ROOT / "data-center/user-macro.vm").read_text()


def test_the_app_asks_for_nothing_of_confluence_and_for_one_remote() -> None:
    manifest = yaml.safe_load((APP / "manifest.yml").read_text())
    assert manifest["permissions"] == {
        "scopes": [],
        "external": {"fetch": {"client": [{"remote": "resonanz"}]}},
    }
    (remote,) = manifest["remotes"]
    assert remote["operations"] == ["fetch"], "no computing, no storage: straight from the browser"
    assert remote["storage"] == {"inScopeEUD": False}
    assert "auth" not in remote, "no token of Confluence is handed on"
    assert remote["baseUrl"].startswith("https://")
    assert set(manifest["modules"]) == {"macro", "confluence:globalPage"}
    for resource in manifest["resources"]:
        assert (APP / resource["path"]).is_file()


def test_the_app_reads_published_values_and_nothing_else() -> None:
    sources = {path.name: path.read_text() for path in (APP / "src").iterdir()}
    asked = set(re.findall(r"/api/v1/\w+", "".join(sources.values())))
    assert asked == {"/api/v1/metrics", "/api/v1/measurements"}
    for name, text in sources.items():
        assert not re.search(
            r"https?://|requestConfluence|requestJira|invokeRemote|accountId|dangerouslySet", text
        ), name
        for package in re.findall(r"from '([^.'][^']*)'", text):
            assert package in json.loads((APP / "package.json").read_text())["dependencies"], package


def test_both_languages_of_the_app_say_the_same_things() -> None:
    text = (APP / "src/words.js").read_text()
    german, english = (
        re.findall(
            r"^ +(\w+): ?['{]",
            re.findall(rf"const {name} = \{{(.*?)^\}};", text, re.DOTALL | re.MULTILINE)[0],
            re.MULTILINE,
        )
        for name in ("DE", "EN")
    )
    assert german == english
    assert len(german) > 20


def test_the_check_of_the_manifest_runs_where_it_was_set_up() -> None:
    node = shutil.which("node")
    if node is None or not (APP / "test/node_modules/@forge/manifest").is_dir():
        pytest.skip("Atlassian's validator is not installed: make forge")
    done = subprocess.run(
        [node, "--test", "manifest.test.mjs", "render.test.mjs"],
        cwd=APP / "test",
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:]


def frame(link: str) -> str | None:
    """Where the macro's frame would lead, worked out as Velocity does; None where it shows its message."""
    (start,) = re.findall(r'#set\(\$embeds = "(.*?)"\)', MACRO)
    (form,) = re.findall(r'\$tail\.matches\("(.*?)"\)', MACRO)
    tail = link[len(start) :] if link.startswith(start) else ""
    return start + tail if re.fullmatch(form, tail, re.ASCII) else None


def test_the_macro_shows_links_of_our_embeds_only() -> None:
    host = "https://resonanz.example/embed/"
    token = "emb1.aB3dE6gH9j.de.1790000000.0a1b2c3d." + "x" * 43
    assert frame(f"{host}figure?t={token}") == f"{host}figure?t={token}"
    for link in (
        "", "javascript:alert(1)", f"http://resonanz.example/embed/figure?t={token}", f"https://evil.example/embed/figure?t={token}",
        f"https://resonanz.example.evil.example/embed/figure?t={token}", f"https://resonanz.example@evil.example/embed/figure?t={token}",
        f"{host}../admin?t={token}", f"{host}figure?t={token}&x=1", f'{host}figure?t={token}" onload="alert(1)',
        f"{host}figure?t={token}'><script>", f"{host}figure", f"{host}?t={token}", f" {host}figure?t={token}", f"{host}figure?t={token}\n",
    ):  # fmt: skip
        assert frame(link) is None, link


def test_the_frame_of_the_macro_is_in_a_sandbox_and_holds_nothing_unchecked() -> None:
    (tag,) = re.findall(r"<iframe\b.*?></iframe>", MACRO, re.DOTALL)
    assert re.findall(r'src="(.*?)"', tag) == ["${embeds}${tail}"]
    assert re.findall(r'sandbox="(.*?)"', tag) == ["allow-popups allow-top-navigation-by-user-activation"]
    assert 'referrerpolicy="no-referrer"' in tag
    assert MACRO.count("## @param ") == 1
    shown = re.sub(r"(?m)^##.*$|#(set|if)\(.*\)$", "", MACRO)
    assert "paramsrc" not in shown, "what was typed stands nowhere in the page"
    assert not re.search(r"<script|style=|\son\w+=", MACRO)
