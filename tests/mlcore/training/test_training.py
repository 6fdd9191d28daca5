"""The training loop: what it computes, what it tells, and how it ends."""

import sys

import numpy as np
import pytest

from mlcore import Tensor, data, functions, layers, metrics, optimizers, training
from mlcore.regularization.early_stopping import EarlyStopping


def generator(seed=0):
    return np.random.default_rng(seed)


def points(n=60):
    return data.moons(n, rng=generator(5))


def network(seed=1, probability=0.0):
    rng = generator(seed)
    return layers.Sequential(
        layers.Dense(2, 8, rng=rng), layers.Tanh(), layers.Dropout(probability, rng=rng), layers.Dense(8, 2, rng=rng)
    )


def fit(model, train, **options):
    optimizer = options.pop("optimizer", None) or optimizers.SGD(model.parameters(), learning_rate=0.5)
    defaults = {"epochs": 3, "batch_size": 16, "rng": generator(), "progress": False}
    return training.fit(model, functions.softmax_cross_entropy, optimizer, train, **defaults | options)


def test_the_loop_equals_the_same_loop_by_hand():
    x, y = points()
    model, other = network(), network()
    history = fit(model, (x, y))
    optimizer, rng = optimizers.SGD(other.parameters(), learning_rate=0.5), generator()
    losses = []
    for _ in range(3):
        total = 0.0
        for a, b in data.batches(x, y, batch_size=16, rng=rng):
            loss = functions.softmax_cross_entropy(other(a), b)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
            total += loss.item() * len(a)
        assert history["loss"][len(losses) // 4 - 1] == total / 60
    assert history.steps["loss"] == losses
    for name, value in model.state_dict().items():
        np.testing.assert_array_equal(value, other.state_dict()[name])


def test_history_has_the_numbers_of_every_epoch_and_step():
    x, y = points()
    history = fit(network(), (x, y), validation=(x, y), metrics={"accuracy": metrics.accuracy})
    assert list(history) == ["loss", "accuracy", "validation_loss", "validation_accuracy", "learning_rate"]
    assert {len(values) for values in history.values()} == {3}
    assert {name: len(values) for name, values in history.steps.items()} == {"loss": 12, "learning_rate": 12}
    assert all(type(value) is float for values in history.values() for value in values)
    assert repr(history).startswith("History(3 epochs: loss 0.")


def test_metrics_are_of_all_examples_together_not_a_mean_over_batches():
    x, y = points(50)
    seen = []

    def metric(outputs, targets):
        seen.append((outputs.shape, targets.shape))
        return metrics.f_score(outputs, targets)

    model = network()
    optimizer = optimizers.SGD(model.parameters(), learning_rate=0.0)
    history = fit(model, (x, y), metrics={"f": metric}, optimizer=optimizer, epochs=1)
    assert seen == [((50, 2), (50,))]
    assert history["f"] == [metrics.f_score(training.predict(model, x), y)]


def test_validation_and_prediction_are_in_use_and_leave_the_model_alone():
    x, y = points()
    model = network(probability=0.5).train()
    model.layers[0].eval()
    before = model.layers[2].rng.bit_generator.state
    first, second = (training.predict(model, x, batch_size=size) for size in (7, 60))
    np.testing.assert_allclose(first, second, rtol=1e-6)
    assert model.layers[2].rng.bit_generator.state == before
    assert [layer.training for layer in model.layers] == [False, True, True, True]
    assert model.training

    history = fit(model, (x, y), validation=(x, y), epochs=1)
    assert not any(module.training for module in model.modules())
    expected = functions.softmax_cross_entropy(model(x), y).item()
    np.testing.assert_allclose(history["validation_loss"], [expected], rtol=1e-6)


def test_an_error_while_predicting_leaves_the_model_in_training():
    model = network()
    with pytest.raises(ValueError, match="expected x of shape"):
        training.predict(model, np.ones((3, 5), np.float32))
    assert all(module.training for module in model.modules())


def test_each_epoch_trains_although_validation_does_not():
    modes = []

    class Spy(layers.Module):
        def __init__(self):
            self.dense = layers.Dense(2, 2, rng=generator())

        def forward(self, x):
            out = self.dense(x)
            modes.append((self.training, out.requires_grad))
            return out

    x, y = points(10)
    fit(Spy().eval(), (x, y), validation=(x, y), epochs=2, batch_size=10)
    assert modes == [(True, True), (False, False)] * 2


def test_several_inputs_and_several_outputs():
    class Sum(layers.Module):
        def __init__(self):
            self.weight = Tensor([1.0, 2.0], requires_grad=True)

        def forward(self, a, b):
            return a * self.weight, (b * self.weight,)

    def loss(outputs, targets):
        first, (second,) = outputs
        return functions.mean_squared_error(first + second, targets)

    def error(outputs, targets):
        first, (second,) = outputs
        return np.abs(first + second - targets).max()

    a, b = generator().random((2, 5, 2)).astype(np.float32)
    model = Sum()
    _, (second,) = training.predict(model, a, b, batch_size=2)
    np.testing.assert_array_equal(second, b * model.weight.data)
    optimizer = optimizers.SGD(model.parameters(), learning_rate=0.5)
    history = training.fit(
        model, loss, optimizer, (a, b, 3 * (a + b)), epochs=200, batch_size=5, rng=generator(), metrics={"error": error}
    )
    assert history["error"][-1] < 1e-3
    np.testing.assert_allclose(model.weight.data, [3.0, 3.0], atol=1e-3)


def test_evaluate_computes_the_loss_of_all_examples():
    x, y = points(50)
    model = network()
    results = training.evaluate(
        model, functions.softmax_cross_entropy, (x, y), metrics={"accuracy": metrics.accuracy}, batch_size=16
    )
    model.eval()
    assert results["loss"] == pytest.approx(functions.softmax_cross_entropy(model(x), y).item(), rel=1e-6)
    assert results["accuracy"] == np.mean(model(x).data.argmax(axis=1) == y)
    assert all(parameter.grad is None for parameter in model.parameters())


def test_outputs_that_are_not_one_row_an_example_are_refused():
    class Wrong(layers.Module):
        def forward(self, x):
            return x.sum(axis=0, keepdims=True)

    with pytest.raises(ValueError, match="one row for each of 6 examples; got 2"):
        training.predict(Wrong(), np.ones((6, 2)), batch_size=3)
    with pytest.raises(ValueError, match="at least one example"):
        training.predict(network(), np.ones((0, 2), np.float32))


def test_the_learning_rate_of_a_schedule_is_recorded_as_it_was_used():
    model = network()
    schedule = optimizers.step_decay(0.5, every=4, factor=0.5)
    optimizer = optimizers.SGD(model.parameters(), learning_rate=schedule)
    history = fit(model, points(), optimizer=optimizer)
    assert history.steps["learning_rate"] == [0.5] * 4 + [0.25] * 4 + [0.125] * 4
    assert history["learning_rate"] == [0.5, 0.25, 0.125]


def test_clipping_bounds_each_step_and_records_the_norm_before():
    lengths = []

    class Lengths:
        def on_backward_end(self, trainer):
            lengths.append(np.sqrt(sum(np.sum(p.grad**2) for p in trainer.model.parameters())))

    history = fit(network(), points(), clip_norm=0.1, callbacks=[Lengths()])
    norms = history.steps["gradient_norm"]
    assert max(norms) > 0.1
    np.testing.assert_allclose(lengths, np.minimum(norms, 0.1), rtol=1e-5)


def worsen(trainer):
    """From the fifth epoch on take steps that are far too large."""
    if trainer.epoch == 4:
        trainer.optimizer.learning_rate = 1000.0


def test_early_stopping_ends_the_training_and_gives_the_best_model_back():
    x, y = points()
    states, losses = [], []

    def note(trainer):
        states.append(trainer.model.state_dict())
        losses.append(trainer.history["validation_loss"][-1])

    model = network()
    stopper = EarlyStopping(patience=3)
    history = fit(model, (x, y), validation=(x, y), epochs=50, early_stopping=stopper, callbacks=[note, worsen])
    best = int(np.argmin(losses))
    assert len(history["loss"]) == best + 1 + 3 < 50
    for name, value in model.state_dict().items():
        np.testing.assert_array_equal(value, states[best][name])


def test_early_stopping_at_the_last_epoch_also_gives_the_best_model_back():
    x, y = points()
    model = network()
    stopper = EarlyStopping(patience=100)
    history = fit(model, (x, y), validation=(x, y), epochs=8, early_stopping=stopper, callbacks=[worsen])
    best = training.evaluate(model, functions.softmax_cross_entropy, (x, y), batch_size=16)["loss"]
    assert best == min(history["validation_loss"]) < history["validation_loss"][-1]


def test_augmentation_changes_batches_of_training_alone():
    x, y = points(20)
    seen = []

    class Spy(layers.Module):
        def __init__(self):
            self.dense = layers.Dense(2, 2, rng=generator())

        def forward(self, x):
            seen.append((self.training, np.array(x)))
            return self.dense(x)

    fit(Spy(), (x, y), validation=(x, y), epochs=1, augment=lambda x, y: (x + 100, y))
    assert all((batch.min() > 50) == in_training for in_training, batch in seen)
    assert len(seen) == 4
    assert np.abs(x).max() < 5


class Recorder:
    def __init__(self):
        self.events = []

    def __getattr__(self, name):
        if not name.startswith("on_"):
            raise AttributeError(name)
        return lambda trainer: self.events.append((name[3:], trainer.epoch, trainer.step))


def test_callbacks_are_called_in_order():
    recorder = Recorder()
    fit(network(), points(20), epochs=2, callbacks=[recorder])
    assert recorder.events == [
        ("train_begin", 0, 0),
        ("epoch_begin", 0, 0),
        ("backward_end", 0, 0),
        ("step_end", 0, 1),
        ("backward_end", 0, 1),
        ("step_end", 0, 2),
        ("epoch_end", 1, 2),
        ("epoch_begin", 1, 2),
        ("backward_end", 1, 2),
        ("step_end", 1, 3),
        ("backward_end", 1, 3),
        ("step_end", 1, 4),
        ("epoch_end", 2, 4),
        ("train_end", 2, 4),
    ]


def test_a_callback_can_stop_the_training():
    def stop(trainer):
        trainer.stop = trainer.epoch == 2

    assert len(fit(network(), points(), epochs=9, callbacks=[stop])["loss"]) == 2


def test_an_interruption_keeps_the_history():
    def interrupt(trainer):
        if trainer.epoch == 2:
            raise KeyboardInterrupt

    recorder = Recorder()
    model = network()
    history = fit(model, points(), epochs=9, callbacks=[interrupt, recorder])
    assert len(history["loss"]) == 2
    assert history.interrupted
    assert "2 epochs, interrupted" in repr(history)
    assert recorder.events[-1][0] == "train_end"
    assert not model.training


def test_an_interruption_in_the_first_epoch_with_early_stopping():
    class Interrupt:
        def on_step_end(self, trainer):
            raise KeyboardInterrupt

    history = fit(
        network(), points(), validation=points(), early_stopping=EarlyStopping(patience=1), callbacks=[Interrupt()]
    )
    assert history == {}
    assert len(history.steps["loss"]) == 1


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_loss_that_is_not_finite_ends_the_training_before_the_step():
    model = layers.Dense(1, 1, rng=generator())
    x = np.full((4, 1), 100, np.float32)
    recorder = Recorder()
    optimizer = optimizers.SGD(model.parameters(), learning_rate=1e6)
    message = r"the loss became (inf|nan) at step \d, in epoch \d, at a learning rate of 1e\+06: try a tenth of it"
    with pytest.raises(FloatingPointError, match=message):
        training.fit(
            model,
            functions.mean_squared_error,
            optimizer,
            (x, x),
            epochs=20,
            batch_size=4,
            rng=generator(),
            callbacks=[recorder],
        )
    assert recorder.events[-1][0] == "train_end"


def test_a_batch_that_is_not_finite_is_named_as_the_cause():
    x, y = points()
    x[7, 0] = np.nan
    model = network()
    with pytest.raises(FloatingPointError, match="the batch holds numbers that are not finite"):
        fit(model, (x, y))
    assert all(np.isfinite(value).all() for value in model.state_dict().values())


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"rng": 0}, TypeError, "default_rng"),
        ({"batch_size": 0}, ValueError, "both at least 1; got 60, 0"),
        ({"early_stopping": EarlyStopping(patience=1)}, ValueError, "pass validation"),
        ({"metrics": {"loss": metrics.accuracy}}, ValueError, r"other names .* \['loss'\]"),
        ({"callbacks": [object()]}, TypeError, "expected a callback"),
        ({"optimizer": optimizers.SGD(network().parameters(), learning_rate=0.1)}, ValueError, "no parameter"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(options, error, message):
    with pytest.raises(error, match=message):
        fit(network(), points(), **options)


def test_data_that_do_not_fit_are_refused():
    x, y = points()
    with pytest.raises(ValueError, match=r"lengths \[60, 59\]"):
        fit(network(), (x, y[1:]))
    with pytest.raises(ValueError, match=r"lengths \[60, 59\]"):
        fit(network(), (x, y), validation=(x, y[1:]))
    with pytest.raises(ValueError, match="got 0, 16"):
        fit(network(), (x[:0], y[:0]))


def test_a_loss_without_a_graph_is_refused():
    model = network()
    optimizer = optimizers.SGD(model.parameters(), learning_rate=0.1)
    with pytest.raises(TypeError, match="computed from the model's outputs"):
        training.fit(
            model, lambda o, y: float(o.data.mean()), optimizer, points(), epochs=1, batch_size=9, rng=generator()
        )


class Terminal:
    """What tqdm writes to."""

    def __init__(self):
        self.text = ""

    def write(self, text):
        self.text += text

    def flush(self):
        pass

    def isatty(self):
        return True


def test_a_progress_bar_at_a_terminal_counts_steps_and_shows_the_loss(monkeypatch):
    pytest.importorskip("tqdm")
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    history = fit(network(), points(), epochs=2, progress=None)
    assert "epoch 2/2: 100%" in terminal.text
    assert f"loss={history['loss'][-1]:.4g}" in terminal.text
    assert "8/8" in terminal.text


def test_the_progress_bar_of_a_resumed_run_begins_where_that_ended(monkeypatch, tmp_path):
    pytest.importorskip("tqdm")
    checkpoint = training.Checkpoint(tmp_path / "run.npz", resume=True)
    fit(network(), points(), epochs=2, callbacks=[checkpoint])
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    fit(network(), points(), epochs=3, callbacks=[checkpoint], progress=True)
    assert "8/12" in terminal.text
    assert "12/12" in terminal.text


def test_no_progress_bar_where_nobody_watches(capsys, monkeypatch):
    monkeypatch.delitem(sys.modules, "ipykernel", raising=False)
    fit(network(), points(), progress=None)
    assert capsys.readouterr() == ("", "")


def test_training_goes_on_without_tqdm(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    assert len(fit(network(), points(), progress=True)["loss"]) == 3
    assert capsys.readouterr() == ("", "")
