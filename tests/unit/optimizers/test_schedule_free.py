"""ScheduleFreeAdamW: the weights lie between a sequence and its mean."""

import numpy as np

from trimtab import optimizers
from trimtab.core.variable import Variable


def test_the_weights_lie_between_the_sequence_and_its_mean():
    w = Variable([1.0, -2.0])
    optimizer = optimizers.ScheduleFreeAdamW(0.1, beta_1=0.75)
    optimizer.build([w])
    z = optimizer.variables[2]
    np.testing.assert_array_equal(z, [1.0, -2.0])
    sequence = []
    for gradient in ([1.0, 2.0], [-3.0, 1.0], [0.5, 0.5]):
        optimizer.apply([np.array(gradient, "float32")], [w])
        sequence.append(np.array(z))
        mean = np.mean(sequence, axis=0)
        np.testing.assert_allclose(w, 0.25 * sequence[-1] + 0.75 * mean, rtol=1e-5)


def test_the_rate_rises_while_warming_up():
    w = Variable([0.0])
    optimizer = optimizers.ScheduleFreeAdamW(0.4, beta_1=1.0, epsilon=0.0, warmup_steps=4)
    optimizer.apply([np.array([3.0], "float32")], [w])
    np.testing.assert_allclose(w, [-0.1], rtol=1e-5)
    optimizer.apply([np.array([3.0], "float32")], [w])
    np.testing.assert_allclose(w, [-0.2], rtol=1e-5)
