"""The answer as one JSON object, schema "selfsearch.query/1". Keys are stable: new ones may come.

Texts stand as they were found. Write the object as `json.dumps` does by default, with everything but ASCII
escaped, so that no caption reaches a terminal raw.
"""

from __future__ import annotations

from typing import Any

from ..types import Answer, Appearance, Box, LinkOnly, ProbeSummary, Provenance, Sighting
from . import words
from .advice import advice
from .facets import platforms
from .summary import Summary, summarise
from .worklist import Task, worklist

SCHEMA = "selfsearch.query/1"


def to_json(answer: Answer) -> dict[str, Any]:
    """The whole answer. The band of an appearance that has none is null; only its words call it weak."""
    return {
        "schema": SCHEMA,
        "person": answer.person,
        "model": {"pack": answer.pack, "dimension": answer.dimension, "calibrated": answer.calibrated},
        "library": {"sources": answer.sources, "media": answer.media, "faces": answer.faces},
        "probes": [_probe(probe) for probe in answer.probes],
        "bands": {band: _number(score) for band, score in answer.bands.items()},
        "summary": _summary(summarise(answer)),
        "appearances": [_appearance(appearance, answer) for appearance in answer.appearances],
        "hidden": answer.hidden,
        "not_looked_at": dict(answer.not_looked_at),
        "links": [_link(link) for link in answer.links],
        "worklist": [_task(task) for task in worklist(answer)],
        "advice": _advice(answer),
        "asked_at": answer.asked_at,
    }


def _probe(probe: ProbeSummary) -> dict[str, Any]:
    return {
        "path": probe.path,
        "faces_found": probe.faces_found,
        "box": _box(probe.box),
        "quality": _number(probe.quality),
    }


def _summary(summary: Summary) -> dict[str, Any]:
    return {
        "appearances": summary.appearances,
        "media": summary.media,
        **summary.bands,
        "exposure": summary.exposure,
        "expected_false_matches": _rare(summary.expected_false_matches),
        **{f"{key}s": _named(counted) for key, counted in summary.facets.items()},
        "headline": summary.headline,
        "sentences": list(summary.sentences),
    }


def _named(counted: dict[str | None, int]) -> dict[str, int]:
    """What has no value is left out: "" could be a value."""
    return {value: number for value, number in counted.items() if value is not None}


def _appearance(appearance: Appearance, answer: Answer) -> dict[str, Any]:
    return {
        "rank": appearance.rank,
        "score": _number(appearance.score),
        "band": appearance.band,
        "expected_false_matches": _rare(appearance.expected_false_matches),
        "exposure": appearance.exposure.value,
        "face": {
            "id": appearance.face,
            "box": _box(appearance.box),
            "time_ms": appearance.time_ms,
            "from_ms": appearance.from_ms,
            "to_ms": appearance.to_ms,
            "quality": _number(appearance.quality),
        },
        "media": {
            "sha256": appearance.sha256,
            "type": appearance.type,
            "width": appearance.width,
            "height": appearance.height,
            "copies": len(appearance.sightings),
        },
        "sightings": [_sighting(sighting) for sighting in appearance.sightings],
        "in_words": words.in_words(words.band(appearance), answer.person, calibrated=answer.calibrated),
    }


def _sighting(sighting: Sighting) -> dict[str, Any]:
    said = sighting.provenance
    found = {"source": sighting.source, "path": sighting.path}
    return {**found, **_said(said), **_more(said), "gone": sighting.gone}


def _said(said: Provenance) -> dict[str, Any]:
    return {
        "platform": said.platform,
        "context": said.context,
        "url": (said.link and said.link.url),
        "url_kind": (said.link and said.link.kind),
        "caption": said.caption,
        "posted_at": (said.posted and said.posted.at),
        "taken_at": (said.taken and said.taken.at),
        "audience": (said.audience and said.audience.name),
        "audience_source": (said.audience and said.audience.source),
        "exposure": said.exposure.level.value,
        "album": said.album,
        "location": _location(said),
        "author_is_owner": said.author_is_owner,
    }


def _more(said: Provenance) -> dict[str, Any]:
    return {
        "account": said.account,
        "exposure_reason": said.exposure.reason,
        "posted_at_source": (said.posted and said.posted.source),
        "taken_at_source": (said.taken and said.taken.source),
        "place": said.place,
        "people": list(said.people),
        "author": said.author,
        "post_id": said.post_id,
    }


def _location(said: Provenance) -> dict[str, Any] | None:
    if said.location is None:
        return None
    latitude, longitude = said.location.latitude, said.location.longitude
    return {"latitude": float(latitude), "longitude": float(longitude), "source": said.location.source}


def _link(link: LinkOnly) -> dict[str, Any]:
    return {"source": link.source, "reason": link.reason, **_said(link.provenance), **_more(link.provenance)}


def _task(task: Task) -> dict[str, Any]:
    return {
        "url": task.url,
        "url_kind": task.kind,
        "exposure": task.exposure.value,
        "platform": task.platform,
        "account": task.account,
        "context": task.context,
        "posted_at": task.posted_at,
        "ranks": list(task.ranks),
    }


def _advice(answer: Answer) -> list[dict[str, str]]:
    known = [advice(platform) for platform in platforms(answer)]
    return [
        {
            "platform": entry.platform,
            "as_of": entry.as_of,
            "short": entry.short,
            "delete": entry.delete,
            "audience": entry.audience,
            "tags": entry.tags,
            "faces": entry.faces,
        }
        for entry in dict.fromkeys(entry for entry in known if entry)
    ]


def _number(value: float) -> float:
    """Without the noise that float32 leaves behind: 0.71, not 0.7099999785."""
    return round(float(value), 6)


def _rare(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.3g}")


def _box(box: Box) -> list[float]:
    return [round(float(side), 2) for side in box]
