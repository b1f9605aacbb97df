"""The web part's sources, and the package where it was built (`make sharepoint`): ids, hosts, permissions, words, no foreign script."""

import importlib.util
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest

from metrics.catalog import CATALOG

ROOT = Path(__file__).parents[2] / "integrations"
PROJECT = ROOT / "sharepoint"
PART = PROJECT / "src/webparts/resonanz"
PACKAGE = PROJECT / "sharepoint/solution/resonanz.sppkg"
PRODUCT, FEATURE, WEB_PART = (
    "4fac1f1f-5634-4edf-9e4d-601683f42c96",
    "f67f9542-288b-41ea-9182-822225f10b5f",
    "7ce7ee07-fd97-49ca-ab7a-0fa65001011f",
)
HOSTS = ["SharePointWebPart", "SharePointFullPage", "TeamsTab", "TeamsPersonalApp"]
HARMLESS = {"http://www.w3.org/2000/svg", "https://resonanz.example"}
"""A namespace, and what stands in an empty field as an example."""


def read(path: Path) -> Any:
    return json.loads(path.read_text())


def words(locale: str) -> dict[str, str]:
    text = (PART / f"loc/{locale}.js").read_text()
    found: dict[str, str] = json.loads(
        text[text.index("{", text.index("return")) : text.rindex("}", 0, text.rindex("}")) + 1]
    )
    return found


def addresses(text: str) -> set[str]:
    return set(re.findall(r"https?://[\w.-]+(?:/[\w./-]*\w)?", text))


def test_ids_stay_as_they_are_because_installed_packages_are_known_by_them() -> None:
    solution = read(PROJECT / "config/package-solution.json")["solution"]
    manifest = read(PART / "ResonanzWebPart.manifest.json")
    assert (solution["id"], solution["features"][0]["id"], manifest["id"]) == (PRODUCT, FEATURE, WEB_PART)
    assert manifest["supportedHosts"] == HOSTS
    assert not manifest["requiresCustomScript"]
    assert {path.name for path in (PROJECT / "teams").iterdir()} == {
        f"{WEB_PART}_color.png",
        f"{WEB_PART}_outline.png",
    }


def test_the_package_carries_its_code_and_asks_for_one_scope() -> None:
    solution = read(PROJECT / "config/package-solution.json")["solution"]
    assert solution["includeClientSideAssets"]
    assert not solution["isDomainIsolated"]
    assert solution["webApiPermissionRequests"] == [{"resource": "Resonanz", "scope": "Resonanz.Read"}]
    assert read(PROJECT / "config/config.json")["externals"] == {}


def test_no_source_makes_markup_of_text_or_loads_anything() -> None:
    for path in [*PART.glob("*.ts"), *PART.glob("loc/*.js"), *PART.glob("*.scss")]:
        text = path.read_text()
        if not path.name.endswith(".test.ts"):
            assert addresses(text) <= HARMLESS, path.name
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|import\(", text
        ), path.name
        assert not re.search(
            r"createElement\(['\"](script|iframe|style)|localStorage|sessionStorage|document\.cookie", text
        ), path.name


def test_both_languages_say_the_same_things() -> None:
    german, english = words("de-de"), words("en-us")
    declared = re.findall(r"^  (\w+): string;$", (PART / "loc/mystrings.d.ts").read_text(), re.MULTILINE)
    assert list(german) == list(english) == declared
    for key in german:
        assert german[key].strip()
        assert sorted(re.findall(r"\{\d\}", german[key])) == sorted(re.findall(r"\{\d\}", english[key])), key
    used = set(re.findall(r"strings\.(\w+)", "".join(path.read_text() for path in PART.glob("*.ts"))))
    assert used == set(declared)


def test_reasons_are_told_in_the_words_of_the_service() -> None:
    """Renewed by `python integrations/reasons.py`."""
    spec = importlib.util.spec_from_file_location("reasons", ROOT / "reasons.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for file in module.FILES:
        assert file.read_text() == module.reasons(), file
    assert all(one["de"] != one["en"] for one in json.loads(module.reasons()).values())


def test_the_usual_figures_exist() -> None:
    (listed,) = re.findall(r"KEY_FIGURES[^=]*= \[([^\]]*)\]", (PART / "card.ts").read_text())
    keys = re.findall(r"'(\w+)'", listed)
    assert keys
    assert keys == re.findall(
        r"'(\w+)'", re.findall(r"KEY_FIGURES = \[([^\]]*)\]", (ROOT / "forge/src/figures.js").read_text())[0]
    )
    for key in keys:
        assert not CATALOG[key].categories
        assert {"organisation"} <= set(CATALOG[key].scopes)
        assert "days28" in CATALOG[key].windows


@pytest.mark.parametrize("lock", sorted(ROOT.glob("**/package-lock.json")), ids=lambda path: path.parent.name)
def test_locks_hold_hashes_and_no_address_of_a_registry(lock: Path) -> None:
    if "node_modules" in lock.parts:
        pytest.skip("of a dependency")
    packages = read(lock)["packages"]
    installed = {name: one for name, one in packages.items() if name}
    assert installed
    for name, one in installed.items():
        assert "resolved" not in one, name
        assert one.get("inBundle") or one["integrity"].startswith("sha512-"), name
    assert packages[""]["version"] == read(lock.parent / "package.json")["version"]
    assert "registry" not in "".join(addresses(lock.read_text()))


def test_what_is_built_is_not_committed() -> None:
    ignored = (PROJECT / ".gitignore").read_text().split()
    assert {
        "node_modules",
        "node",
        "sharepoint",
        "temp",
        "dist",
        "lib",
        "lib-commonjs",
        "release",
        "jest-output",
    } <= set(ignored)


@pytest.fixture(scope="module")
def package() -> dict[str, str]:
    if not PACKAGE.exists():
        pytest.skip("the package was not built: make sharepoint")
    with zipfile.ZipFile(PACKAGE) as archive:
        assert archive.testzip() is None
        names = [
            one.filename
            for one in archive.infolist()
            if not one.is_dir() and not one.filename.endswith(".png")
        ]
        return {name: archive.read(name).decode() for name in names}


def test_the_package_is_what_the_sources_say(package: dict[str, str]) -> None:
    app = package["AppManifest.xml"]
    assert f'ProductID="{PRODUCT}"' in app
    assert 'IsClientSideSolution="true"' in app
    assert re.findall(r'WebApiPermissionRequest ResourceId="(.*?)" Scope="(.*?)"', app) == [
        ("Resonanz", "Resonanz.Read")
    ]
    (part,) = (text for name, text in package.items() if name.endswith(f"WebPart_{WEB_PART}.xml"))
    manifest = json.loads(re.findall(r'ComponentManifest="(.*?)"', part)[0].replace("&quot;", '"'))
    assert (manifest["id"], manifest["supportedHosts"]) == (WEB_PART, HOSTS)
    loader = manifest["loaderConfig"]
    assert loader["internalModuleBaseUrls"] == ["HTTPS://SPCLIENTSIDEASSETLIBRARY/"], (
        "code comes out of the package alone"
    )
    for resource in loader["scriptResources"].values():
        assert resource["type"] in {"path", "localizedPath", "component"}
        for path in [resource.get("path"), *resource.get("paths", {}).values()]:
            assert path is None or f"ClientSideAssets/{path}" in package


def test_the_package_loads_no_foreign_script(package: dict[str, str]) -> None:
    code = {name: text for name, text in package.items() if name.endswith(".js")}
    assert len(code) == 3
    for name, text in code.items():
        assert addresses(text) <= HARMLESS, name
        assert not re.search(r"innerHTML|document\.write|\beval\(", text), name
    assert sum(map(len, code.values())) < 100_000
