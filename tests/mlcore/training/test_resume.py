"""Checkpoints: a run that was interrupted ends with the same bits as one that was not."""

import numpy as np
import pytest

from mlcore import data, functions, layers, metrics, optimizers, training
from mlcore.regularization.early_stopping import EarlyStopping


class Crash(Exception):
    pass


class CrashAt:
    """End the process, so to speak, after a step."""

    def __init__(self, step):
        self.step = step

    def on_step_end(self, trainer):
        if trainer.step == self.step:
            raise Crash


class Count:
    """A callback that remembers something."""

    def __init__(self):
        self.epochs = 0

    def on_epoch_end(self, trainer):
        self.epochs += 1
        trainer.optimizer.learning_rate.observe(self.epochs % 3)

    def state_dict(self):
        return {"epochs": self.epochs}

    def load_state_dict(self, state):
        self.epochs = state["epochs"]


def run(path=None, *, crash_at=None, every_steps=None, epochs=4, shared=True, bit_generator=np.random.PCG64, n=70):
    """Train as a fresh process would; return all that came of it."""
    rng = np.random.Generator(bit_generator(3))
    own = rng if shared else np.random.Generator(bit_generator(4))
    x, y = data.moons(n, rng=np.random.default_rng(5))
    model = layers.Sequential(
        layers.Dense(2, 8, rng=own),
        layers.BatchNorm(8),
        layers.ReLU(),
        layers.Dropout(0.3, rng=own),
        layers.Dense(8, 2, rng=own),
    )
    optimizer = optimizers.Adam(model.parameters(), learning_rate=optimizers.Plateau(0.05, factor=0.5, patience=0))
    stopper, count = EarlyStopping(patience=3), Count()
    callbacks = [count]
    if path is not None:
        callbacks.append(training.Checkpoint(path, every_steps=every_steps, resume=True))
    history = training.fit(
        model,
        functions.softmax_cross_entropy,
        optimizer,
        (x[:50], y[:50]),
        epochs=epochs,
        batch_size=16,
        rng=rng,
        validation=(x[50:], y[50:]),
        metrics={"accuracy": metrics.accuracy},
        augment=lambda x, y: (x + rng.normal(scale=0.01, size=x.shape).astype(np.float32), y),
        early_stopping=stopper,
        clip_norm=1.0,
        callbacks=callbacks if crash_at is None else [*callbacks, CrashAt(crash_at)],
        progress=False,
    )
    return {
        "model": model.state_dict(),
        "optimizer": optimizer.state_dict(),
        "history": dict(history),
        "steps": history.steps,
        "next": rng.random(3),
        "epochs": count.epochs,
        "best": stopper.best_update,
    }


def assert_same_bits(first, second):
    assert first.keys() == second.keys()
    for name, value in first.items():
        if isinstance(value, dict):
            assert_same_bits(value, second[name])
        else:
            np.testing.assert_array_equal(value, second[name])


@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize(
    ("crash_at", "every_steps"),
    [(6, None), (3, 3), (7, 1), (8, 1), (11, 2)],  # between epochs, in the first, in the middle, at an end, in between
)
def test_a_resumed_run_is_the_same_to_the_bit(tmp_path, crash_at, every_steps, shared):
    path = tmp_path / "run.npz"
    whole = run(shared=shared)
    with pytest.raises(Crash):
        run(path, crash_at=crash_at, every_steps=every_steps, shared=shared)
    assert path.exists()
    assert_same_bits(run(path, every_steps=every_steps, shared=shared), whole)


def test_it_can_be_interrupted_again_and_again(tmp_path):
    path = tmp_path / "run.npz"
    for crash_at in (2, 5, 9, 13):
        with pytest.raises(Crash):
            run(path, crash_at=crash_at, every_steps=1)
    assert_same_bits(run(path, every_steps=1), run())


def test_generators_of_other_kinds(tmp_path):
    path = tmp_path / "run.npz"
    with pytest.raises(Crash):
        run(path, crash_at=7, every_steps=1, bit_generator=np.random.MT19937)
    resumed = run(path, every_steps=1, bit_generator=np.random.MT19937)
    assert_same_bits(resumed, run(bit_generator=np.random.MT19937))


def test_a_complete_run_can_be_prolonged(tmp_path):
    path = tmp_path / "run.npz"
    run(path, epochs=2)
    assert_same_bits(run(path, epochs=3), run(epochs=3))


def test_a_run_that_was_stopped_early_stays_so(tmp_path):
    path = tmp_path / "run.npz"
    first = run(path, epochs=60)
    assert len(first["history"]["loss"]) < 60
    assert_same_bits(run(path, epochs=60), first)


def test_without_resume_training_begins_anew(tmp_path):
    path = tmp_path / "run.npz"
    path.write_bytes(b"something else")
    model = layers.Dense(2, 1, rng=np.random.default_rng(0))
    optimizer = optimizers.SGD(model.parameters(), learning_rate=0.1)

    def train(resume):
        checkpoint = training.Checkpoint(path, resume=resume)
        return training.fit(
            model,
            functions.mean_squared_error,
            optimizer,
            data.xor(),
            epochs=2,
            batch_size=2,
            rng=np.random.default_rng(0),
            callbacks=[checkpoint],
        )

    with pytest.raises(ValueError, match="was not written by save_archive"):
        train(resume=True)
    assert len(train(resume=False)["loss"]) == 2
    assert training.load_archive(path)["epoch"] == 2


def test_a_checkpoint_of_something_else_is_refused(tmp_path):
    path = tmp_path / "run.npz"

    def train(x, y, features, every_steps=None):
        model = layers.Dense(features, 1, rng=np.random.default_rng(0))
        return training.fit(
            model,
            functions.mean_squared_error,
            optimizers.SGD(model.parameters(), learning_rate=0.1),
            (x, y),
            epochs=1,
            batch_size=2,
            rng=np.random.default_rng(0),
            callbacks=[training.Checkpoint(path, every_steps=every_steps, resume=True), CrashAt(every_steps)],
        )

    with pytest.raises(Crash):
        train(*data.xor(), features=2, every_steps=1)
    x, y = data.xor()
    with pytest.raises(ValueError, match="expected the 4 examples of the checkpoint; got 3"):
        train(x[:3], y[:3], features=2)
    with pytest.raises(ValueError, match="expected weight of shape"):
        train(np.ones((4, 5), np.float32), y, features=5)


def test_the_state_of_a_trainer_is_a_copy_that_can_be_used_again():
    def trainer(**options):
        rng = np.random.default_rng(0)
        model = layers.Dense(2, 2, rng=rng)
        optimizer = optimizers.SGD(model.parameters(), learning_rate=0.1, momentum=0.9)
        train, accuracy = data.moons(50, rng=np.random.default_rng(1)), {"accuracy": metrics.accuracy}
        loss = functions.softmax_cross_entropy
        return training.Trainer(model, loss, optimizer, train, batch_size=8, rng=rng, metrics=accuracy, **options)

    states = []

    class Note:
        def on_step_end(self, trainer):
            if trainer.step == 10:
                states.append(trainer.state_dict())

    expected = trainer(callbacks=[Note()]).run(3)
    for _ in range(2):
        again = trainer()
        again.load_state_dict(states[0])
        assert again.run(3) == expected


def test_saving_every_so_many_steps_and_after_each_epoch(tmp_path, monkeypatch):
    saved = []
    monkeypatch.setattr("mlcore.training.checkpoint.save_archive", lambda path, state: saved.append(state["step"]))
    run(tmp_path / "run.npz", every_steps=3, epochs=2)
    assert saved == [3, 4, 6, 8]


def test_every_steps_is_checked():
    with pytest.raises(ValueError, match="at least 1; got 0"):
        training.Checkpoint("run.npz", every_steps=0)
