"""The answer as one JSON object, schema "selfsearch.query/1". Keys are stable: new ones may come.

Texts stand as they were found. Write the object as `json.dumps` does by default, with everything but ASCII
escaped, so that no caption reaches a terminal raw.
"""

from __future__ import annotations

from typing import Any

from ..types import Answer, Appearance, Box, CohortSummary, LinkOnly, ProbeSummary, Provenance, Sighting
from . import wording
from .advice import Advice, advice_for
from .summary import Summary, Task, platforms, summarise, worklist

SCHEMA = "selfsearch.query/1"


def to_json(answer: Answer) -> dict[str, Any]:
    """The whole answer. The band of an appearance that has none is null; only its words call it weak."""
    return {
        "schema": SCHEMA,
        "person": answer.person,
        "model": {"pack": answer.pack, "dimension": answer.dimension, "calibrated": answer.calibrated},
        "library": {
            "sources": answer.sources,
            "media": answer.media,
            "faces": answer.faces,
            "source_names": list(answer.source_names),
            "replaced_names": list(answer.replaced_names),
        },
        "probes": [_probe(probe) for probe in answer.probes],
        "bands": {band: _number(score) for band, score in answer.bands.items()},
        "summary": _summary(summarise(answer)),
        "appearances": [_appearance(appearance, answer) for appearance in answer.appearances],
        "hidden": answer.hidden,
        "not_listed": dict(answer.left_out),
        "rejected": answer.rejected,
        "cohort": answer.cohort and _cohort(answer.cohort),
        "not_looked_at": dict(answer.not_looked_at),
        "links": [_link(link) for link in answer.links],
        "worklist": [_task(task) for task in worklist(answer)],
        "advice": [_advice(entry) for entry in advice_for(platforms(answer))],
        "asked_at": answer.asked_at,
    }


def _probe(probe: ProbeSummary) -> dict[str, Any]:
    return {
        "path": probe.path,
        "faces_found": probe.faces_found,
        "box": _box(probe.box),
        "quality": _number(probe.quality),
    }


def _cohort(cohort: CohortSummary) -> dict[str, Any]:
    return {"people": cohort.people, "enough": cohort.is_enough, "lookalikes": cohort.lookalikes}


def _summary(summary: Summary) -> dict[str, Any]:
    return {
        "appearances": summary.appearances,
        "media": summary.media,
        **summary.bands,
        "exposure": summary.exposure,
        "expected_false_matches": _rare(summary.expected_false_matches),
        **{  # what has no value is left out: "" could be a value
            f"{key}s": {value: number for value, number in counts.items() if value is not None}
            for key, counts in summary.facets.items()
        },
        "headline": summary.headline,
        "sentences": list(summary.sentences),
    }


def _appearance(appearance: Appearance, answer: Answer) -> dict[str, Any]:
    return {
        "rank": appearance.rank,
        "id": appearance.id,
        "verdict": appearance.verdict,
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
        "in_words": wording.claim(appearance, answer.person, calibrated=answer.calibrated),
        "may_also_be": list(appearance.may_also_be),
    }


# In this order; `Provenance.columns` has them by these names.
_PROVENANCE_KEYS = (
    "platform", "context", "url", "url_kind", "caption", "posted_at", "taken_at", "audience",
    "audience_source", "exposure", "album", "location", "author_is_owner", "account", "exposure_reason",
    "posted_at_source", "taken_at_source", "place", "people", "author", "post_id", "exposure_evidence",
    "records",
)  # fmt: skip


def _sighting(sighting: Sighting) -> dict[str, Any]:
    return {
        "source": sighting.source,
        "path": sighting.path,
        **_provenance(sighting.provenance),
        "gone": sighting.gone,
    }


def _provenance(provenance: Provenance) -> dict[str, Any]:
    location = provenance.location
    columns = provenance.columns()
    columns |= {
        "exposure": provenance.exposure.level.value,
        "location": location
        and {
            "latitude": float(location.latitude),
            "longitude": float(location.longitude),
            "source": location.source,
        },
        **{key: list(columns[key]) for key in ("people", "exposure_evidence", "records")},
    }
    return {key: columns[key] for key in _PROVENANCE_KEYS}


def _link(link: LinkOnly) -> dict[str, Any]:
    return {"source": link.source, "reason": link.reason, **_provenance(link.provenance)}


def _task(task: Task) -> dict[str, Any]:
    return {
        "url": task.url,
        "url_kind": task.kind,
        "exposure": task.exposure.value,
        "platform": task.platform,
        "account": task.account,
        "context": task.context,
        "posted_at": task.posted and task.posted.at,
        "ranks": list(task.ranks),
    }


def _advice(entry: Advice) -> dict[str, str]:
    return {
        "platform": entry.platform,
        "as_of": entry.as_of,
        "short": entry.short,
        "delete": entry.delete,
        "audience": entry.audience,
        "tags": entry.tags,
        "faces": entry.faces,
    }


def _number(value: float) -> float:
    """Without the noise that float32 leaves behind: 0.71, not 0.7099999785."""
    return round(float(value), 6)


def _rare(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.3g}")


def _box(box: Box) -> list[float]:
    return [round(float(side), 2) for side in box]
