"""Landmarks: where eyes, nose and mouth are, from an upright, enlarged crop around a face that was found.

The pass that found the face saw it at whatever size and angle it had; the crop shows every face at the size
that suits the detector.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from ..types import Box, Landmarks, Pixels
from . import alignment
from .passes import SCORE_THRESHOLD, Detection

if TYPE_CHECKING:
    from .session import ModelSession

# Of 116 faces whose landmarks were wrong by more than 25 degrees, 115 are below this score in the crop or
# tilted in it by more than 6 degrees, as 2 % of upright ones are; nine in ten of these, by 2.8 or less.
UPRIGHT_SCORE = 0.91
# At 3 degrees one crop more for each face, and TAR on lfw-dev no higher.
UPRIGHT_ANGLE = np.deg2rad(5.0)

TURNED_SIDE = 96  # pixels: side of the crop that is looked at in every turn, to compare scores
QUARTER = np.array([[0, -1, TURNED_SIDE - 1], [1, 0, 0]])  # its pixels, turned clockwise by a quarter
TURNING_GAIN = 0.015  # by which a turned crop must be better than the upright one
MAX_TURNS = 3  # of the crop by the angle of its landmarks

CROP_SIDE = 160  # pixels: side of the enlarged crop on which landmarks are refined
CROP_SPAN = 2.0  # sides of the face box that the crop spans
MIRRORED_SIDE = 128  # pixels: side of its mirror image, which is looked at as well
CROP_THRESHOLD = 0.3  # lower than SCORE_THRESHOLD, for the crop was cut around a candidate
MAX_OFFSET = 0.25  # of the face's side: how far from the middle of the crop the same face may be found
# Of the face's side: a larger one is the neighbour's. Of 1,253 right ones 0.5 % are above 1.27.
MAX_SIZE = 1.4
AGREEING = 0.8  # of the best score: landmarks of the candidates from here on are averaged


def refine_landmarks(session: ModelSession, pixels: Pixels, face: Detection) -> Detection:
    """The face with box and landmarks from an upright, enlarged crop; unchanged when that shows no face.

    The landmarks are the mean of those in the crop and in its mirror image, which takes .6 ms. On people
    that the mean embedding was not measured on (twelve halves of lfw-dev) TAR at FAR 1e-5 rises by .0017,
    each person counted equally by .0023; six views of a face gain no more.
    """
    view = detect_upright(session, pixels, face)
    if view is None:
        return replace(face, crop_score=0.0)
    mirrored = _detect_mirrored(session, pixels, replace(view, box=face.box))
    landmarks = view.landmarks if mirrored is None else (view.landmarks + mirrored) * np.float32(0.5)
    return replace(view, landmarks=landmarks, score=max(view.score, face.score), crop_score=view.score)


def _detect_mirrored(session: ModelSession, pixels: Pixels, face: Detection) -> Landmarks | None:
    """Landmarks from the mirror image of the upright crop; None when no face is there."""
    crop = _crop_transform(face, 0.0, MIRRORED_SIDE, CROP_SPAN)
    transform = np.stack([[0.0, 0.0, MIRRORED_SIDE - 1.0] - crop[0], crop[1]])
    found = session.detect(alignment.warp(pixels, transform, MIRRORED_SIDE), CROP_THRESHOLD)
    view = _middle_face(*found, transform, MIRRORED_SIDE, MIRRORED_SIDE / CROP_SPAN)
    return view.landmarks[[1, 0, 2, 4, 3]] if view else None  # the right eye is the left one there


def detect_upright(session: ModelSession, pixels: Pixels, face: Detection) -> Detection | None:
    """The face as seen in an enlarged crop in which it is upright; None when it is not there.

    Landmarks of a face that lies on its side or head are often wrong, and their score is then below that of
    an upright face: such a face is looked at in eight turns. The crop is turned by the angle that the
    landmarks have in the best one, and again until they are upright.
    """
    upright = detect_in_crop(session, pixels, face)
    if upright and alignment.angle_between(face.landmarks, upright.landmarks) > UPRIGHT_ANGLE:
        upright = _turn_upright(session, pixels, upright, face.box)
    if upright and upright.score >= UPRIGHT_SCORE:
        return upright
    if upright is None and face.score < SCORE_THRESHOLD:
        return None  # of candidates that are this weak and no face, three in four; of lying faces, one in ten
    views = _detect_in_turns(session, pixels, face)
    scores = [view.score if view else 0.0 for view in views]
    best = views[int(np.argmax(scores))]
    if best and best.score > max(scores[0] + TURNING_GAIN, SCORE_THRESHOLD):
        turned = _turn_upright(session, pixels, best, face.box)
        if turned.score > (upright.score + TURNING_GAIN if upright else SCORE_THRESHOLD):
            return turned
    return upright


def _turn_upright(session: ModelSession, pixels: Pixels, view: Detection, box: Box) -> Detection:
    """The face in a crop that is turned by the landmarks of a view, and again until they are upright."""
    for _ in range(MAX_TURNS):
        previous = replace(view, box=box)
        turned = detect_in_crop(session, pixels, previous)
        if turned is None:
            return view
        view = turned
        if alignment.angle_between(previous.landmarks, view.landmarks) <= UPRIGHT_ANGLE:
            return view
    return view


def detect_in_crop(
    session: ModelSession, pixels: Pixels, face: Detection, span: float = CROP_SPAN
) -> Detection | None:
    """The face in the middle of an enlarged crop, upright by its landmarks; None when it is not there.

    The crop spans `span` sides of the face's box.
    """
    transform = _crop_transform(face, 0.0, CROP_SIDE, span)
    found = session.detect(alignment.warp(pixels, transform, CROP_SIDE), CROP_THRESHOLD)
    return _middle_face(*found, transform, CROP_SIDE, CROP_SIDE / span)


def _detect_in_turns(session: ModelSession, pixels: Pixels, face: Detection) -> list[Detection | None]:
    """The same in eight turns of 45 degrees, the upright one first, with all crops in one picture."""
    crops, transforms = [], []
    for turn in (0.0, np.pi / 4):
        transform = _crop_transform(face, turn, TURNED_SIDE, CROP_SPAN)
        crop = alignment.warp(pixels, transform, TURNED_SIDE)
        for _ in range(4):
            crops.append(crop)
            transforms.append(transform)
            crop, transform = np.rot90(crop, -1), QUARTER @ np.vstack([transform, [0, 0, 1]])
    mosaic = np.vstack([np.hstack(crops[:4]), np.hstack(crops[4:])])
    boxes, landmarks = session.detect(mosaic, CROP_THRESHOLD)
    views = []
    for index, transform in enumerate(transforms):
        corner = np.array([index % 4, index // 4], np.float32) * TURNED_SIDE
        moved = np.hstack([boxes[:, :4] - np.tile(corner, 2), boxes[:, 4:]])
        side = TURNED_SIDE / CROP_SPAN
        views.append(_middle_face(moved, landmarks - corner, transform, TURNED_SIDE, side))
    return views


def _middle_face(
    boxes: NDArray[np.float32],
    landmarks: NDArray[np.float32],
    transform: alignment.Transform,
    crop_side: int,
    side: float,
) -> Detection | None:
    """Of a crop's candidates, the face of about `side` pixels in its middle, in pixels of the picture."""
    if not len(boxes):
        return None
    centres = (boxes[:, :2] + boxes[:, 2:4]) / 2
    offsets = np.abs(centres - crop_side / 2).max(axis=1)
    sides = (boxes[:, 2:4] - boxes[:, :2]).max(axis=1)
    central = np.flatnonzero((offsets < MAX_OFFSET * side) & (sides < MAX_SIZE * side))
    if not len(central):
        return None
    best = central[np.argmax(boxes[central, 4])]
    agreeing = central[boxes[central, 4] >= AGREEING * boxes[best, 4]]
    weights = boxes[agreeing, 4]
    averaged = (landmarks[agreeing] * weights[:, None, None]).sum(axis=0) / weights.sum()
    inverse = cv2.invertAffineTransform(transform)
    original = averaged @ inverse[:, :2].T + inverse[:, 2]
    return Detection(_box_of(boxes[best], inverse), original.astype(np.float32), float(boxes[best, 4]))


def _crop_transform(face: Detection, turn: float, side: int, span: float) -> alignment.Transform:
    """Takes the face to the middle of the crop, upright by its landmarks and then turned (radians)."""
    left, top, width, height = face.box
    centre = np.array([left + width / 2, top + height / 2])
    angle = turn - alignment.tilt(face.landmarks)
    scale = side / (span * max(width, height, 1.0))
    rotation = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return np.hstack([rotation, (np.array([side / 2, side / 2]) - rotation @ centre)[:, None]])


def _box_of(box: NDArray[np.float32], inverse: alignment.Transform) -> Box:
    """The box in the picture of a face in the crop: around the ellipse that fills its box there."""
    half = (box[2:4] - box[:2]) / 2
    x, y = inverse[:, :2] @ ((box[:2] + box[2:4]) / 2) + inverse[:, 2]
    width, height = 2 * np.hypot(*(inverse[:, :2] * half).T)
    return float(x - width / 2), float(y - height / 2), float(width), float(height)
