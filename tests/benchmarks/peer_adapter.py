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
        return _step(problem, *_mlp(problem))
    if problem.name in ("hvp", "jvp"):
        return _second_order(problem)
    if problem.name == "lstm":
        return _step(problem, *_lstm(problem))
    if problem.name == "cnn":
        return _step(problem, *_cnn(problem))
    if problem.name == "transformer":
        return _step(problem, *_transformer(problem))
    if problem.name == "bn_dropout":
        return _step(problem, *_batch_norm_and_dropout(problem))
    raise NotImplementedError(f"mlcore has no {problem.name} yet")


def _dense(problem, tag):
    """Make a Dense layer that starts from the problem's own weights."""
    weight, bias = problem.params["w" + tag], problem.params["b" + tag]
    layer = layers.Dense(*weight.shape, rng=None, initializer=lambda shape, rng: weight)
    layer.bias.data[...] = bias
    return layer


def _set(layer, **values):
    """Let a layer start from given values."""
    for name, value in values.items():
        getattr(layer, name).data[...] = value
    return layer


def _step(problem, model, x):
    """Make the training step of a classifier, or of the small regression."""
    loss_of = functions.mean_squared_error if problem.name == "tiny" else functions.softmax_cross_entropy
    if problem.opt == "adam":
        optimizer = optimizers.Adam(model.parameters(), learning_rate=problem.lr)
    else:
        optimizer = optimizers.SGD(model.parameters(), learning_rate=problem.lr, momentum=problem.momentum)
    y = problem.y

    def step():
        loss = loss_of(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        if problem.clip:
            optimizers.clip_gradients(optimizer.parameters, norm=problem.clip)
        optimizer.step()
        return float(loss)

    return step


def _mlp(problem):
    activation = layers.ReLU if problem.name == "mlp" else layers.Tanh
    return layers.Sequential(
        _dense(problem, "1"), activation(), _dense(problem, "2"), activation(), _dense(problem, "3")
    ), problem.x


def _cnn(problem):
    """Make the network channels-last; pooling before ReLU gives the same numbers for a quarter of the work."""
    side, values = problem.side // 4, problem.params
    model = layers.Sequential(
        layers.Conv2D(1, problem.c1, 5, rng=np.random.default_rng(0), padding="same"),
        layers.MaxPool(2),
        layers.ReLU(),
        layers.Conv2D(problem.c1, problem.c2, 5, rng=np.random.default_rng(0), padding="same"),
        layers.MaxPool(2),
        layers.ReLU(),
        layers.Flatten(),
        layers.Dense(problem.c2 * side * side, 10, rng=np.random.default_rng(0)),
    )
    _set(model[0], weight=values["w1"].transpose(2, 3, 1, 0), bias=values["b1"])
    _set(model[3], weight=values["w2"].transpose(2, 3, 1, 0), bias=values["b2"])
    rows = values["w3"].reshape(problem.c2, side, side, 10).transpose(1, 2, 0, 3).reshape(-1, 10)
    _set(model[7], weight=rows, bias=values["b3"])
    return model, np.ascontiguousarray(problem.x.transpose(0, 2, 3, 1))


class _LastState(layers.Module):
    """An LSTM, and a dense layer that reads its last state."""

    def __init__(self, lstm, output):
        self.lstm, self.output = lstm, output

    def forward(self, x):
        _, (h, _) = self.lstm(x)
        return self.output(h[-1])


def _lstm(problem):
    lstm = layers.LSTM(problem.inp, problem.hidden, rng=np.random.default_rng(0))
    _set(lstm.cells[0][0], weight_x=problem.params["wx"], weight_h=problem.params["wh"], bias=problem.params["b"])
    return _LastState(lstm, _dense(problem, "3")), np.ascontiguousarray(problem.x.swapaxes(0, 1))


class _Pooled(layers.Module):
    """A transformer block, the mean over time, and a dense layer."""

    def __init__(self, block, output):
        self.block, self.output = block, output

    def forward(self, x):
        return self.output(self.block(x).mean(axis=1))


def _transformer(problem):
    rng, values = np.random.default_rng(0), problem.params
    block = layers.TransformerEncoderBlock(problem.d, problem.heads, problem.ff, rng=rng)
    _set(block.attention_norm, weight=values["g1"], bias=values["s1"])
    _set(block.network_norm, weight=values["g2"], bias=values["s2"])
    _set(block.attention.projection, weight=values["wqkv"], bias=values["bqkv"])
    _set(block.attention.output, weight=values["wo"], bias=values["bo"])
    _set(block.network.expand, weight=values["w1"], bias=values["b1"])
    _set(block.network.contract, weight=values["w2"], bias=values["b2"])
    return _Pooled(block, _dense(problem, "3")), problem.x


def _batch_norm_and_dropout(problem):
    rng = np.random.Generator(np.random.SFC64(0))
    width = problem.width
    return layers.Sequential(
        _dense(problem, "1"),
        layers.BatchNorm(width),
        layers.ReLU(),
        layers.Dropout(problem.drop / 100, rng=rng),
        _dense(problem, "2"),
        layers.BatchNorm(width),
        layers.ReLU(),
        _dense(problem, "3"),
    ), problem.x


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
