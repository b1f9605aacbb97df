"""The description of the feed: `$metadata` as CSDL XML 4.0, with what every property means."""

from functools import cache
from xml.etree import ElementTree as ET

from service.odata.conditions import FUNCTIONS
from service.odata.entities import SETS, EntitySet
from service.odata.options import PAGE

NAMESPACE, CONTAINER = "Resonanz", "Container"
EDM = "http://docs.oasis-open.org/odata/ns/edm"
EDMX = "http://docs.oasis-open.org/odata/ns/edmx"
VOCABULARIES = {
    "Org.OData.Core.V1": "Core",
    "Org.OData.Capabilities.V1": "Capabilities",
}
DESCRIPTION = "Org.OData.Core.V1.Description"
CAPABILITIES = "Org.OData.Capabilities.V1"


@cache
def metadata() -> bytes:
    """The document; it is the same for everybody."""
    ET.register_namespace("edmx", EDMX)
    root = ET.Element(f"{{{EDMX}}}Edmx", {"Version": "4.0"})
    for vocabulary, alias in VOCABULARIES.items():
        uri = f"https://oasis-tcs.github.io/odata-vocabularies/vocabularies/{vocabulary}.xml"
        reference = ET.SubElement(root, f"{{{EDMX}}}Reference", {"Uri": uri})
        ET.SubElement(reference, f"{{{EDMX}}}Include", {"Namespace": vocabulary, "Alias": alias})
    services = ET.SubElement(root, f"{{{EDMX}}}DataServices")
    # An attribute, so that the elements of this namespace are written without a prefix, as every reader expects them.
    schema = ET.SubElement(services, "Schema", {"xmlns": EDM, "Namespace": NAMESPACE})
    for one in SETS.values():
        _entity_type(schema, one)
    container = ET.SubElement(schema, "EntityContainer", {"Name": CONTAINER})
    for one in SETS.values():
        _entity_set(container, one)
    _capabilities(container)
    ET.indent(root)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


def _entity_type(schema: ET.Element, one: EntitySet) -> None:
    entity = ET.SubElement(schema, "EntityType", {"Name": one.type_name})
    key = ET.SubElement(entity, "Key")
    for name in one.key:
        ET.SubElement(key, "PropertyRef", {"Name": name})
    for found in one.properties.values():
        attributes = {
            "Name": found.name,
            "Type": found.edm,
            "Nullable": "true" if found.nullable else "false",
        }
        if found.edm == "Edm.DateTimeOffset":
            attributes["Precision"] = "6"
        element = ET.SubElement(entity, "Property", attributes)
        _annotate(element, DESCRIPTION, String=found.description)
    _annotate(entity, DESCRIPTION, String=one.meaning)


def _entity_set(container: ET.Element, one: EntitySet) -> None:
    element = ET.SubElement(
        container, "EntitySet", {"Name": one.name, "EntityType": f"{NAMESPACE}.{one.type_name}"}
    )
    _annotate(element, DESCRIPTION, String=one.meaning)
    for restriction, able in (
        ("InsertRestrictions", "Insertable"),
        ("UpdateRestrictions", "Updatable"),
        ("DeleteRestrictions", "Deletable"),
        ("ExpandRestrictions", "Expandable"),
        ("SearchRestrictions", "Searchable"),
    ):
        record = ET.SubElement(_annotate(element, f"{CAPABILITIES}.{restriction}"), "Record")
        ET.SubElement(record, "PropertyValue", {"Property": able, "Bool": "false"})
    _annotate(element, f"{CAPABILITIES}.TopSupported", Bool="true")
    _annotate(element, f"{CAPABILITIES}.SkipSupported", Bool="true")


def _capabilities(container: ET.Element) -> None:
    _annotate(
        container,
        f"{CAPABILITIES}.ConformanceLevel",
        EnumMember=f"{CAPABILITIES}.ConformanceLevelType/Minimal",
    )
    _annotate(container, f"{CAPABILITIES}.BatchSupported", Bool="false")
    functions = ET.SubElement(_annotate(container, f"{CAPABILITIES}.FilterFunctions"), "Collection")
    for name in FUNCTIONS.split(", "):
        ET.SubElement(functions, "String").text = name
    _annotate(
        container,
        DESCRIPTION,
        String=f"Published values, read-only. A page holds at most {PAGE} rows; @odata.nextLink leads on.",
    )


def _annotate(element: ET.Element, term: str, **expression: str) -> ET.Element:
    return ET.SubElement(element, "Annotation", {"Term": term, **expression})
