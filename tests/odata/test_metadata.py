"""$metadata is CSDL 4.0 as the specification draws it: what stands where, which names may be used, what refers to what."""

import re
from collections.abc import Iterator
from datetime import date
from xml.etree import ElementTree as ET

import pytest
from sqlalchemy import Date, String, literal

from service.odata.conditions import condition
from service.odata.csdl import EDM, EDMX, metadata
from service.odata.entities import SETS

E = f"{{{EDM}}}"
X = f"{{{EDMX}}}"
CHILDREN = {
    f"{X}Edmx": {f"{X}Reference", f"{X}DataServices"},
    f"{X}Reference": {f"{X}Include"},
    f"{X}Include": set(),
    f"{X}DataServices": {f"{E}Schema"},
    f"{E}Schema": {f"{E}EntityType", f"{E}EntityContainer"},
    f"{E}EntityType": {f"{E}Key", f"{E}Property", f"{E}Annotation"},
    f"{E}Key": {f"{E}PropertyRef"},
    f"{E}PropertyRef": set(),
    f"{E}Property": {f"{E}Annotation"},
    f"{E}EntityContainer": {f"{E}EntitySet", f"{E}Annotation"},
    f"{E}EntitySet": {f"{E}Annotation"},
    f"{E}Annotation": {f"{E}Record", f"{E}Collection"},
    f"{E}Record": {f"{E}PropertyValue"},
    f"{E}PropertyValue": set(),
    f"{E}Collection": {f"{E}String"},
    f"{E}String": set(),
}
ATTRIBUTES = {
    f"{X}Edmx": {"Version"},
    f"{X}Reference": {"Uri"},
    f"{X}Include": {"Namespace", "Alias"},
    f"{E}Schema": {"Namespace"},
    f"{E}EntityType": {"Name"},
    f"{E}PropertyRef": {"Name"},
    f"{E}Property": {"Name", "Type", "Nullable", "Precision"},
    f"{E}EntityContainer": {"Name"},
    f"{E}EntitySet": {"Name", "EntityType"},
    f"{E}Annotation": {"Term", "String", "Bool", "EnumMember"},
    f"{E}PropertyValue": {"Property", "Bool"},
}
TYPES = {"Edm.String", "Edm.Int32", "Edm.Double", "Edm.Boolean", "Edm.Date", "Edm.DateTimeOffset"}
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")


@pytest.fixture(scope="module")
def root() -> ET.Element:
    return ET.fromstring(metadata())


def below(element: ET.Element) -> Iterator[ET.Element]:
    yield element
    for child in element:
        yield from below(child)


def test_every_element_stands_where_it_may_with_attributes_it_may_have(root: ET.Element) -> None:
    assert root.tag == f"{X}Edmx"
    assert root.attrib == {"Version": "4.0"}
    for element in below(root):
        assert {child.tag for child in element} <= CHILDREN[element.tag], element.tag
        assert set(element.attrib) <= ATTRIBUTES.get(element.tag, set()), element.attrib
    assert len(root.findall(f"{X}DataServices")) == 1
    assert b"<Schema xmlns=" in metadata()  # no prefix: some readers look for the bare name


def test_types_keys_and_sets_refer_to_what_is_there(root: ET.Element) -> None:
    (schema,) = root.iter(f"{E}Schema")
    types = {one.get("Name"): one for one in schema.findall(f"{E}EntityType")}
    for name, entity in types.items():
        assert entity[0].tag == f"{E}Key"
        properties = {one.get("Name"): one for one in entity.findall(f"{E}Property")}
        assert len(properties) == len(entity.findall(f"{E}Property"))
        for one in properties.values():
            assert one.get("Type") in TYPES
            assert one.get("Nullable") in {"true", "false"}
            assert NAME.fullmatch(one.get("Name", ""))
        for reference in entity.findall(f"{E}Key/{E}PropertyRef"):
            assert properties[reference.get("Name")].get("Nullable") == "false", name
    sets = {one.get("Name"): one.get("EntityType") for one in schema.iter(f"{E}EntitySet")}
    assert sets == {name: f"Resonanz.{one.type_name}" for name, one in SETS.items()}
    assert set(types) == {one.type_name for one in SETS.values()}
    assert not set(types) & set(sets)


def test_all_that_is_there_is_described(root: ET.Element) -> None:
    described = "Org.OData.Core.V1.Description"
    for tag in ("EntityType", "Property", "EntitySet", "EntityContainer"):
        for element in root.iter(f"{E}{tag}"):
            texts = [
                one.get("String", "")
                for one in element.findall(f"{E}Annotation")
                if one.get("Term") == described
            ]
            assert len(texts) == 1, element.attrib
            assert len(texts[0]) > 5
    included = {one.get("Namespace") for one in root.iter(f"{X}Include")}
    terms = {one.get("Term", "") for one in root.iter(f"{E}Annotation")}
    assert {term.rpartition(".")[0] for term in terms} <= included


def test_what_is_said_to_be_offered_is_what_filters_take(root: ET.Element) -> None:
    columns = {"label": literal("x", String()), "day": literal(date(2026, 3, 2), Date())}
    properties = {"label": SETS["Rooms"].properties["label"], "day": SETS["Milestones"].properties["day"]}
    offered = [str(one.text) for one in root.iter(f"{E}String")]
    assert len(offered) == 10
    for name in offered:
        sought = {"contains": "{}(label,'x')", "startswith": "{}(label,'x')", "endswith": "{}(label,'x')"}
        form = sought.get(name, "{}(day) eq 3" if name in {"year", "month", "day"} else "{}(label) eq 'x'")
        text = form.format(name).replace("length(label) eq 'x'", "length(label) eq 1")
        assert condition(text, properties, columns) is not None
