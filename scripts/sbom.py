"""A wheel's bill of materials, CycloneDX 1.6: its two models, and what it was locked and checked with.

A wheel asks for ranges of versions; the versions here are those of scripts/locks/run.txt. `selfsearch doctor`
compares them with what is installed. The same checkout gives the same bytes: no time and no random number.
"""

from __future__ import annotations

import json
from typing import Any

import convert_pack
import lockfile

NAME = "selfsearch.cdx.json"
MARKER = "selfsearch:marker"  # for which machines this version of a package is: PEP 508
MODELS = {  # file in the wheel -> the published file that it was converted from, its licence
    "detection.onnx": (convert_pack.DETECTOR, "MIT"),
    "recognition.onnx": (convert_pack.EMBEDDER, "Apache-2.0"),
}

Component = dict[str, Any]


def sbom(version: str) -> bytes:
    """The document for this version of selfsearch."""
    components = [*_models(), *map(_library, lockfile.read("run"))]
    document = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": "selfsearch",
                "name": "selfsearch",
                "version": version,
                "licenses": [{"expression": "Apache-2.0 AND MIT"}],
                "purl": f"pkg:pypi/selfsearch@{version}",
            }
        },
        "components": components,
        "dependencies": [
            {"ref": "selfsearch", "dependsOn": [component["bom-ref"] for component in components]}
        ],
    }
    return json.dumps(document, indent=1, ensure_ascii=False).encode() + b"\n"


def _models() -> list[Component]:
    return [
        _model(f"selfsearch/packs/bundled/{convert_pack.NAME}/{file}", convert_pack.RESULTS[file], licence)
        | {"pedigree": {"ancestors": [_model(source, convert_pack.SOURCES[source], licence)]}}
        for file, (source, licence) in MODELS.items()
    ]


def _model(file: str, digest: str, licence: str) -> Component:
    return {
        "type": "machine-learning-model",
        "bom-ref": file,
        "name": file,
        "hashes": [{"alg": "SHA-256", "content": digest}],
        "licenses": [{"license": {"id": licence}}],
    }


def _library(locked: lockfile.Locked) -> Component:
    address = f"pkg:pypi/{locked.name}@{locked.version}"
    component = {
        "type": "library",
        "bom-ref": address,
        "name": locked.name,
        "version": locked.version,
        "scope": "required",
        "licenses": [{"license": {"name": locked.licence}}],
        "purl": address,
    }
    if locked.marker:
        component["properties"] = [{"name": MARKER, "value": locked.marker}]
    return component
