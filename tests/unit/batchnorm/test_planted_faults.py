"""Each rule finds the fault planted for it, in the right layer, and nothing in the clean twin."""

import planted_faults
import planted_health
import pytest

from trimtab.batchnorm.catalogue import RULES

BY_NAME = {f"{p.code} {p.name}": p for p in planted_faults.PLANTS}


def test_there_are_forty_rules():
    assert len(RULES) == 40


def test_every_rule_has_a_planted_fault():
    assert {plant.code for plant in planted_faults.PLANTS} == set(RULES)


@pytest.mark.parametrize("name", BY_NAME)
def test_a_planted_fault_is_found_in_its_layer(name):
    plant = BY_NAME[name]

    assert plant.found() != [], plant.report(True).text()


@pytest.mark.parametrize("name", BY_NAME)
def test_the_clean_twin_is_silent(name):
    plant = BY_NAME[name]

    assert [finding.lines() for finding in plant.false()] == []


def test_a_healthy_network_gives_nothing_above_a_note():
    report = planted_health.all_is_well()

    assert [finding.lines() for finding in report.above("info")] == []
