"""No false alarm: correct networks give no finding above info."""

import correct_models
import pytest

from trimtab.batchnorm import audit


def test_the_corpus_has_at_least_sixty_networks():
    assert len(correct_models.MODELS) >= 60


@pytest.mark.parametrize("name", sorted(correct_models.MODELS))
def test_a_correct_network_gives_nothing_above_a_note(name):
    report = audit(correct_models.MODELS[name](), **correct_models.TRAINING)

    assert [str(finding.lines()) for finding in report.above("info")] == []
    assert not any("could not be followed" in note for note in report.notes)
