"""Attention: what masks hide, heads, the embedding of words, positions."""

import numpy as np
import pytest

from mlcore import Tensor, functions, layers


def rng():
    return np.random.default_rng(0)


def test_what_is_hidden_has_no_influence_and_gets_no_gradient():
    q, k, v = (rng().standard_normal((2, 4, 3)) for _ in range(3))
    k[:, 3], v[:, 3] = 1e3, np.nan
    mask = np.array([True, True, True, False])
    keys, values = Tensor(k, requires_grad=True), Tensor(np.nan_to_num(v), requires_grad=True)
    out = functions.attention(q, keys, values, mask=mask)
    np.testing.assert_allclose(out.data, functions.attention(q, k[:, :3], v[:, :3]), rtol=1e-12)
    out.sum().backward()
    assert not keys.grad[:, 3].any()
    assert not values.grad[:, 3].any()


@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_a_query_that_sees_nothing_gets_zeros_and_finite_gradients():
    packed = Tensor(rng().standard_normal((1, 3, 6)), requires_grad=True)
    out = functions.self_attention(packed, heads=1, mask=np.zeros((3, 3), bool))
    assert not out.data.any()
    out.sum().backward()
    assert not packed.grad.any()


def test_causal_attention_never_looks_ahead():
    layer = layers.MultiHeadAttention(8, 2, rng=rng(), causal=True)
    x = rng().standard_normal((1, 5, 8)).astype(np.float32)
    changed = x.copy()
    changed[:, 3:] += 1
    np.testing.assert_array_equal(layer(x).data[:, :3], layer(changed).data[:, :3])
    assert not np.allclose(layer(x).data[:, 3:], layer(changed).data[:, 3:])


def test_attention_to_itself_is_attention_to_a_memory_that_is_itself():
    layer = layers.MultiHeadAttention(8, 2, rng=rng())
    x = Tensor(rng().standard_normal((2, 5, 8)), dtype=np.float32, requires_grad=True)
    packed, apart = layer(x), layer(x, x)
    np.testing.assert_allclose(packed.data, apart.data, rtol=1e-4, atol=1e-6)
    packed.backward(np.ones(packed.shape))
    grads = [x.grad, *(p.grad for p in layer.parameters())]
    x.grad = None
    layer.zero_grad()
    apart.backward(np.ones(apart.shape))
    for a, b in zip(grads, [x.grad, *(p.grad for p in layer.parameters())], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-5)


@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_scores_of_any_size_are_safe_in_float32():
    q = Tensor(np.array([[[1e4, 0.0]]], np.float32), requires_grad=True)
    k = np.array([[[1e4, 0.0], [-1e4, 0.0]]], np.float32)
    out = functions.attention(q, k, np.array([[[1.0], [2.0]]], np.float32), scale=1.0)
    assert out.item() == 1.0
    out.sum().backward()
    assert np.isfinite(q.grad).all()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: functions.attention(np.ones((2, 3)), np.ones((4, 2)), np.ones((4, 2))), "queries .*, m, d"),
        (lambda: functions.attention(*[np.ones((2, 3))] * 3, mask=np.ones((3, 3), bool)), "a mask that broadcasts"),
        (lambda: functions.self_attention(np.ones((2, 3, 8)), heads=2), r"3 \* d.* heads=2"),
        (lambda: functions.multi_head_attention(*[np.ones((2, 3, 5))] * 3, heads=2), "queries of shape"),
        (lambda: layers.MultiHeadAttention(6, 4, rng=rng()), "expected heads to divide features=6; got 4"),
        (lambda: functions.padding_mask([4], 3), "lengths from 0 to 3"),
        (lambda: functions.rotate_positions(np.ones((2, 3))), "even d"),
        (lambda: layers.SinusoidalPositions(4, longest=2)(np.ones((1, 3, 4))), "at most 2 places; got 3"),
    ],
)
def test_shapes_that_do_not_fit_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_rotated_products_depend_on_distances_alone():
    q, k = rng().standard_normal((2, 1, 8))
    products = []
    for shift in (0, 5):
        a = functions.rotate_positions(np.repeat(q, 6, axis=0), start=shift)
        b = functions.rotate_positions(np.repeat(k, 6, axis=0), start=shift)
        products.append(a @ b.T)
    np.testing.assert_allclose(products[0], products[1], atol=1e-12)
    np.testing.assert_allclose(np.diagonal(products[0], 2), products[0][0, 2], atol=1e-12)


def test_embedding_is_a_product_with_one_hot_rows():
    weight = Tensor(rng().standard_normal((5, 3)), requires_grad=True)
    words = np.array([[1, 4], [1, 0]])
    out = functions.embedding(words, weight)
    np.testing.assert_array_equal(out.data, functions.one_hot(words, 5, dtype=float) @ weight.data)
    out.sum().backward()
    np.testing.assert_array_equal(weight.grad, np.array([1.0, 2, 0, 0, 1])[:, None] * np.ones(3))


def test_the_padding_word_does_not_learn():
    layer = layers.Embedding(4, 2, rng=rng(), padding_index=0)
    assert not layer([0]).data.any()
    layer([[0, 1], [0, 2]]).sum().backward()
    np.testing.assert_array_equal(layer.weight.grad, [[0, 0], [1, 1], [1, 1], [0, 0]])


def test_words_out_of_the_vocabulary_are_refused():
    for words in ([3], [-1]):
        with pytest.raises(ValueError, match="indices from 0 to 2"):
            functions.embedding(words, np.ones((3, 2)))
    with pytest.raises(TypeError, match="integers; got float64"):
        functions.embedding([0.5], np.ones((3, 2)))
    assert functions.embedding([], np.ones((3, 2))).shape == (0, 2)


def test_a_transformer_learns_to_copy_backward():
    """Position t of the output is position T - 1 - t of the input: only attention by position can do that."""
    from mlcore.optimizers import Adam

    generator = rng()
    words, time = 6, 5
    embed = layers.Embedding(words, 16, rng=generator)
    places = layers.LearnedPositions(time, 16, rng=generator)
    block = layers.TransformerEncoderBlock(16, 2, 32, rng=generator)
    read = layers.Dense(16, words, rng=generator)
    model = layers.Sequential(embed, places, block, read)
    optimizer = Adam(model.parameters(), learning_rate=0.01)
    for _ in range(150):
        x = generator.integers(0, words, (32, time))
        loss = functions.softmax_cross_entropy(model(x), x[:, ::-1])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.1
