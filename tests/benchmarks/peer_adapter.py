"""mlcore's side of a benchmark of one training step against other libraries.

``build(workload, seed)`` returns ``step()``: forward, loss, backward, update, and the loss as a float. Written as a
user of mlcore would write it. ``workloads`` is the benchmark's own module of problems.
"""

import numpy as np
import workloads

from mlcore import Tensor, functions, hvp, jvp, layers, optimizers

DTYPE = "float32"


def build(workload, seed):
    problem = workloads.load(workload, seed)
    if problem.name in ("mlp", "tiny"):
        return _training_step(problem)
    if problem.name in ("hvp", "jvp"):
        return _second_order(problem)
    raise NotImplementedError(f"mlcore has no {problem.name} yet")


def _dense(problem, tag):
    """Make a Dense layer that starts from the problem's own weights."""
    weight, bias = problem.params["w" + tag], problem.params["b" + tag]
    layer = layers.Dense(*weight.shape, rng=None, initializer=lambda shape, rng: weight)
    layer.bias.data[...] = bias
    return layer


def _training_step(problem):
    activation = layers.ReLU if problem.name == "mlp" else layers.Tanh
    model = layers.Sequential(
        _dense(problem, "1"), activation(), _dense(problem, "2"), activation(), _dense(problem, "3")
    )
    loss_of = functions.softmax_cross_entropy if problem.name == "mlp" else functions.mean_squared_error
    if problem.opt == "adam":
        optimizer = optimizers.Adam(model.parameters(), learning_rate=problem.lr)
    else:
        optimizer = optimizers.SGD(model.parameters(), learning_rate=problem.lr, momentum=problem.momentum)
    x, y = problem.x, problem.y

    def step():
        loss = loss_of(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return float(loss)

    return step


def _second_order(problem):
    names = list(problem.params)

    def loss(parameters):
        w = dict(zip(names, parameters, strict=True))
        h = np.tanh(functions.linear(problem.x, w["w1"], w["b1"]))
        h = np.tanh(functions.linear(h, w["w2"], w["b2"]))
        return functions.mean_squared_error(functions.linear(h, w["w3"], w["b3"]), problem.y)

    parameters = [Tensor(v) for v in workloads.unflatten(problem, problem.flat).values()]
    vector = [Tensor(v) for v in workloads.unflatten(problem, problem.v).values()]
    if problem.name == "jvp":
        return lambda: float(jvp(loss, (parameters,), (vector,))[1])

    def step():
        product = hvp(loss, (parameters,), (vector,))
        return float(sum(np.vdot(h.numpy(), v.numpy()) for h, v in zip(product, vector, strict=True)))

    return step
