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


def test_a_continued_text_sees_what_came_before():
    """The last two queries, given all keys, see what they see in the whole."""
    q, k, v = (rng().standard_normal((5, 3)) for _ in range(3))
    whole = functions.attention(q, k, v, causal=True)
    mask = functions.causal_mask(2, 5, offset=3)
    np.testing.assert_allclose(functions.attention(q[3:], k, v, mask=mask), whole[3:], rtol=1e-12)
    both = functions.causal_mask(2, 5, offset=[3, 0])
    np.testing.assert_array_equal(both, [mask, functions.causal_mask(2, 5)])


def test_windows_end_where_they_should():
    np.testing.assert_array_equal(functions.window_mask(2, 3), np.ones((2, 3), bool))
    mask = functions.window_mask(3, 5, before=1, after=2, offset=1)
    expected = [[1, 1, 1, 1, 0], [0, 1, 1, 1, 1], [0, 0, 1, 1, 1]]
    np.testing.assert_array_equal(mask, np.array(expected, bool))


def test_a_cap_keeps_every_key_in_sight():
    q, k = np.array([[100.0]]), np.array([[100.0], [-100.0]])
    np.testing.assert_allclose(functions.attention_weights(q, k), [[1, 0]])
    weights = functions.attention_weights(q, k, softcap=1.0)
    np.testing.assert_allclose(weights, [[np.e / (np.e + 1 / np.e), 1 / np.e / (np.e + 1 / np.e)]])
    np.testing.assert_allclose(functions.attention(q, k, np.eye(2), softcap=1.0), weights)


def test_heads_may_share_keys_and_values():
    q, k, v = (rng().standard_normal((2, n, d)) for n, d in ((3, 8), (5, 4), (5, 6)))
    shared = functions.multi_head_attention(q, k, v, heads=4, key_heads=2)
    apart = [np.concatenate([x[..., :d]] * 2 + [x[..., d:]] * 2, axis=-1) for x, d in ((k, 2), (v, 3))]
    np.testing.assert_allclose(shared, functions.multi_head_attention(q, *apart, heads=4), rtol=1e-12)


def test_linear_attention_is_a_causal_average_without_softmax():
    q, k, v = (rng().standard_normal((2, 6, 3)) for _ in range(3))
    outputs, state = functions.linear_attention(q, k, v, scale=0.5)
    np.testing.assert_allclose(outputs, 0.5 * (np.tri(6) * (q @ k.mT)) @ v)
    half, memory = functions.linear_attention(q[:, :4], k[:, :4], v[:, :4])
    rest, last = functions.linear_attention(q[:, 4:], k[:, 4:], v[:, 4:], state=memory)
    np.testing.assert_allclose(np.concatenate([half, rest], axis=1) * 0.5 * 3**0.5, outputs)
    np.testing.assert_allclose(last, state)


def test_the_delta_rule_replaces_what_a_key_stood_for():
    """Keys of length 1 that are orthogonal do not disturb each other; a key seen again gets its new value."""
    keys, values = np.eye(3)[[0, 1, 2, 1]], rng().standard_normal((4, 2))
    _, state = functions.linear_attention(keys, keys, values, beta=np.ones((4, 1)))
    np.testing.assert_allclose(np.eye(3) @ state, values[[0, 3, 2]])


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
        (
            lambda: functions.multi_head_attention(*[np.ones((2, 3, 6))] * 3, heads=3, key_heads=2),
            "divide heads=3; got 2",
        ),
        (lambda: functions.linear_attention(np.ones((3, 2)), np.ones((4, 2)), np.ones((4, 2))), "queries .*, time, d"),
        (lambda: functions.linear_attention(*[np.ones((0, 2))] * 3), "at least one step"),
        (lambda: functions.attention_weights(np.ones((3, 2)), np.ones((3, 1))), "queries .*, m, d"),
        (lambda: functions.rotate_pairs(np.ones(4), np.ones(2), np.ones(1)), "an even d"),
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


def test_pairs_side_by_side_turn_like_pairs_half_the_features_apart():
    x = rng().standard_normal((5, 6))
    order = [0, 2, 4, 1, 3, 5]
    turned = functions.rotate_positions(x[:, order])
    np.testing.assert_array_equal(functions.rotate_positions(x, interleaved=True)[:, order], turned)


def test_one_hot_rows_or_columns():
    np.testing.assert_array_equal(functions.one_hot([2, 0], 3, axis=0), [[0, 1], [0, 0], [1, 0]])
    assert functions.one_hot(np.zeros((2, 3), int), 4, axis=1).shape == (2, 4, 3)


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
