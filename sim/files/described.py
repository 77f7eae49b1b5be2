"""Keys of files that are described where they are declared, by the docstrings below them."""

from __future__ import annotations

import ast
import inspect
from functools import cache
from itertools import pairwise
from typing import Any

from pydantic import BaseModel, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema


class Described(BaseModel):
    """A model whose JSON schema says of each field what the docstring below it says.

    Pydantic's own `use_attribute_docstrings` reads the source of every model whenever a program starts; here it is
    read when somebody wants the schema.
    """

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler, /
    ) -> JsonSchemaValue:
        """Return the JSON schema with the descriptions of the fields."""
        schema = handler(core_schema)
        properties = handler.resolve_ref_schema(schema).get("properties", {})
        for name, words in _words_of_fields(cls).items():
            field = cls.model_fields[name]
            key = field.alias or name
            if key in properties:
                properties[key]["description"] = field.description or words
        return schema


def _words_of_fields(model: type[BaseModel]) -> dict[str, str]:
    """Return what the docstrings say by the names of fields; a field declared anew has to be described anew."""
    found: dict[str, str] = {}
    for each in reversed(model.__mro__):
        if issubclass(each, BaseModel) and each not in (BaseModel, Described):
            for name in each.__annotations__:
                found.pop(name, None)
            found |= _attribute_docstrings(each.__pydantic_generic_metadata__["origin"] or each)
    return {name: words for name, words in found.items() if name in model.model_fields}


@cache
def _attribute_docstrings(declared: type[Any]) -> dict[str, str]:
    """Return the docstrings below the attributes that a class declares, by name; sections have most bases in common."""
    try:
        source = inspect.getsource(declared)
    except (OSError, TypeError):
        return {}
    # One that is declared within a function stands indented; lines of texts in it may not be.
    tree = next(
        node for node in ast.walk(ast.parse(f"if True:\n {source}")) if isinstance(node, ast.ClassDef)
    )
    found: dict[str, str] = {}
    for attribute, below in pairwise(tree.body):
        if isinstance(attribute, ast.AnnAssign) and isinstance(attribute.target, ast.Name):
            match below:
                case ast.Expr(ast.Constant(str(words))):
                    found[attribute.target.id] = inspect.cleandoc(words)
    return found
