"""How does a dataset folder describe itself to machines (MLCommons Croissant)?"""

import hashlib
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel

from stancelab.dataset import DatasetHeader
from stancelab.records import Actor, Adjudication, Annotation, GoldRow, read_json_lines

LICENCES = {"CC-BY-4.0": "https://creativecommons.org/licenses/by/4.0/"}
RECORD_SETS: dict[str, tuple[type[BaseModel], str]] = {
    "gold": (GoldRow, "The settled rows: one (statement, actor) pair each."),
    "annotations": (Annotation, "What every annotator gave every unit, with confidence and rationale."),
    "adjudication": (Adjudication, "How each disagreement was settled, and why."),
    "actors": (Actor, "Who can hold a stance."),
}
CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}


def describe(folder: Path, header: DatasetHeader) -> dict[str, Any]:
    """The folder's metadata as Croissant 1.0 JSON-LD, with the checksum of every file it describes."""
    present = {name: facts for name, facts in RECORD_SETS.items() if (folder / f"{name}.jsonl").exists()}
    return {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": header.name,
        "description": header.description,
        "version": header.version,
        "license": LICENCES.get(header.licence, header.licence),
        "inLanguage": header.language,
        "keywords": header.keywords,
        "creator": [{"@type": "sc:Organization", "name": name} for name in header.creators],
        "datePublished": f"{header.year}-01-01",
        "url": f"datasets/{header.name}",
        "citeAs": f"{', '.join(header.creators)} ({header.year}). {header.title}. Version {header.version}.",
        "distribution": [_file(folder / f"{name}.jsonl") for name in present],
        "recordSet": [_record_set(folder / f"{name}.jsonl", model, note) for name, (model, note) in present.items()],
    }


def _file(path: Path) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": path.name,
        "name": path.name,
        "contentUrl": path.name,
        "encodingFormat": "application/jsonlines",
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
    }


def _record_set(path: Path, model: type[BaseModel], note: str) -> dict[str, Any]:
    name, there = path.stem, {key for _, row in read_json_lines(path) for key in row}
    fields = [
        {
            "@type": "cr:Field",
            "@id": f"{name}/{field}",
            "name": field,
            "dataType": "sc:Integer" if _holds_whole_numbers(facts.annotation) else "sc:Text",
            "source": {"fileObject": {"@id": f"{name}.jsonl"}, "extract": {"column": field}},
        }
        for field, facts in model.model_fields.items()
        if field in there
    ]
    return {"@type": "cr:RecordSet", "@id": name, "name": name, "description": note, "field": fields}


def _holds_whole_numbers(annotation: Any) -> bool:
    return annotation is int or any(_holds_whole_numbers(part) for part in get_args(annotation))
