"""A strict reading of Twilio's OpenAPI description.

The description requires no field, forbids none and bounds no body; read strictly, every described field must be there,
no other may, and the formats it names are checked.
"""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from jsonschema import Draft202012Validator, FormatChecker

from channels.simulator.config import E164

Schema = dict[str, Any]
checker = FormatChecker(formats=())


@checker.checks("phone-number")
def _is_phone_number(value: object) -> bool:
    return value is None or (isinstance(value, str) and E164.fullmatch(value) is not None)


@checker.checks("date-time-rfc-2822", raises=(ValueError, TypeError))
def _is_rfc2822(value: object) -> bool:
    return value is None or parsedate_to_datetime(str(value)).tzinfo is not None


@checker.checks("uri")
def _is_uri(value: object) -> bool:
    """An absolute address, or (Twilio's page links) one from the root of its interface."""
    if value is None:
        return True
    parts = urlsplit(str(value))
    return str(value).startswith("/2010-04-01/") or (parts.scheme in {"http", "https"} and bool(parts.netloc))


@checker.checks("uri-map")
def _is_uri_map(value: object) -> bool:
    return value is None or (isinstance(value, dict) and all(map(_is_uri, value.values())))


@checker.checks("currency")
def _is_currency(value: object) -> bool:
    return value is None or (isinstance(value, str) and len(value) == 3 and value.isalpha())


def operation(description: Schema, path: str, method: str) -> Schema:
    """One operation of the description, its references resolved and its schemas read strictly."""
    return dict(_strict(description, description["paths"][path][method]))


def answer_schema(described: Schema, status: int) -> Schema:
    return dict(described["responses"][str(status)]["content"]["application/json"]["schema"])


def form_schema(described: Schema) -> Schema:
    """The form of a request: no unknown field; what we always send is required and bounded as Twilio does in words."""
    schema = dict(described["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"])
    properties = schema["properties"] | {"Body": {"type": "string", "minLength": 1, "maxLength": 1600}}
    return schema | {"properties": properties, "required": ["To", "From", "Body"]}


def query_schema(described: Schema) -> Schema:
    """The query of a request, whose values are all text on the wire."""
    names = {parameter["name"] for parameter in described["parameters"] if parameter["in"] == "query"}
    return {"type": "object", "properties": {name: {"type": "string"} for name in names}, "additionalProperties": False}


def faults(schema: Schema, value: object) -> list[str]:
    """Everything in `value` that is against `schema`."""
    validator = Draft202012Validator(schema, format_checker=checker)
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]


def _strict(description: Schema, node: Any) -> Any:
    if isinstance(node, list):
        return [_strict(description, each) for each in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        return _strict(description, _target(description, node["$ref"]))
    read = {key: _strict(description, value) for key, value in node.items() if key != "nullable"}
    if node.get("nullable") and "type" in node:
        read["type"] = [node["type"], "null"]
    if node.get("type") == "object" and "properties" in node:
        read |= {"additionalProperties": False}
        if not str(node.get("title", "")).endswith("Request"):
            read["required"] = sorted(node["properties"])
    return read


def _target(description: Schema, reference: str) -> Any:
    node: Any = description
    for name in reference.removeprefix("#/").split("/"):
        node = node[name]
    return node
