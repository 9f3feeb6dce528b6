"""Held out: mean and curves fitted on half of the people, measured on the other half, and the reverse.

A calibration is good on the pictures that it was fitted on. The people are divided at random, the same
way every time, and nobody is in both halves. Both together are measured by one score for both: pairs of
pictures in different halves are left out, for these were centred differently.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from scripts.fitting import fit
from scripts.measure import SEED, LabelledFolder
from selfsearch.recognition.calibration import Calibration
from selfsearch.recognition.model_pack import Pack


def halves(folder: LabelledFolder, pack: Pack) -> Iterator[tuple[LabelledFolder, Calibration]]:
    """Each half, centred, with the calibration of the other. `folder` is not centred yet.

    Raises UsageError when there are too few people.
    """
    labels = folder.labels
    order = np.random.default_rng(SEED).permutation(labels.max() + 1)
    is_first = order[labels] % 2 == 0
    for chosen, words in ((is_first, "the second half"), (~is_first, "the first half")):
        others = folder.rows(~chosen)
        calibration = fit(pack, others.people, others.embeddings, f"{words} of the people in {folder.name}")
        yield folder.rows(chosen).centred(calibration.mean), calibration
