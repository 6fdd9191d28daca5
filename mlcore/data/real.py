"""Real data that scikit-learn ships: nothing is downloaded. Needs ``pip install 'mlcourse[data]'``."""

from __future__ import annotations

from typing import Any

import numpy as np


def digits(*, flat: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Load 1,797 handwritten digits, 8 by 8 pixels.

    Parameters
    ----------
    flat : bool
        Whether an example is one row of 64 features instead of an image.

    Returns
    -------
    x : array of float32, shape (1797, 8, 8, 1) or (1797, 64)
        From 0, white, to 1, black, in steps of 1/16.
    y : array of int, shape (1797,)
        0 to 9.

    Raises
    ------
    ImportError
        If scikit-learn is not installed.

    References
    ----------
    Alpaydin and Kaynak (1998), "Optical Recognition of Handwritten Digits", UCI Machine Learning Repository.

    Examples
    --------
    >>> x, y = digits()
    >>> x.shape, y[:10]
    ((1797, 8, 8, 1), array([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]))
    """
    x, y = _load("load_digits")
    x = (x / 16).astype(np.float32)
    return (x if flat else x.reshape(-1, 8, 8, 1)), y.astype(np.int64)


def iris() -> tuple[np.ndarray, np.ndarray]:
    """Load 150 flowers of three species of iris.

    Returns
    -------
    x : array of float32, shape (150, 4)
        Length and width of sepal and petal in cm.
    y : array of int, shape (150,)
        0 setosa, 1 versicolor, 2 virginica; 50 each, in this order.

    Raises
    ------
    ImportError
        If scikit-learn is not installed.

    References
    ----------
    Fisher (1936), "The use of multiple measurements in taxonomic problems".

    Examples
    --------
    >>> x, y = iris()
    >>> x[0]
    array([5.1, 3.5, 1.4, 0.2], dtype=float32)
    """
    return _classification("load_iris")


def wine() -> tuple[np.ndarray, np.ndarray]:
    """Load chemical analyses of 178 wines from three growers.

    Returns
    -------
    x : array of float32, shape (178, 13)
        Alcohol, malic acid, ash and so on, each in its own unit: standardize them.
    y : array of int, shape (178,)
        The grower, 0 to 2: 59, 71 and 48 wines, in this order.

    Raises
    ------
    ImportError
        If scikit-learn is not installed.

    References
    ----------
    Aeberhard and Forina (1991), "Wine", UCI Machine Learning Repository.

    Examples
    --------
    >>> x, y = wine()
    >>> np.bincount(y)
    array([59, 71, 48])
    """
    return _classification("load_wine")


def breast_cancer() -> tuple[np.ndarray, np.ndarray]:
    """Load measurements of cell nuclei from 569 biopsies of the breast.

    Returns
    -------
    x : array of float32, shape (569, 30)
        Mean, standard error and largest value of ten measurements, each in its own unit: standardize them.
    y : array of int, shape (569,)
        0 malignant (212), 1 benign (357).

    Raises
    ------
    ImportError
        If scikit-learn is not installed.

    References
    ----------
    Wolberg, Street and Mangasarian (1995), "Breast Cancer Wisconsin (Diagnostic)", UCI Machine Learning Repository.

    Examples
    --------
    >>> x, y = breast_cancer()
    >>> np.bincount(y)
    array([212, 357])
    """
    return _classification("load_breast_cancer")


def diabetes() -> tuple[np.ndarray, np.ndarray]:
    """Load ten measurements of 442 people with diabetes, and how the illness went on.

    Returns
    -------
    x : array of float32, shape (442, 10)
        Age, sex, body mass index, blood pressure and six values of the blood, each in its own unit: standardize them.
    y : array of float32, shape (442, 1)
        A measure of the progression after one year, 25 to 346.

    Raises
    ------
    ImportError
        If scikit-learn is not installed.

    References
    ----------
    Efron, Hastie, Johnstone and Tibshirani (2004), "Least angle regression", section 1.

    Examples
    --------
    >>> x, y = diabetes()
    >>> print(y.min(), y.max())
    25.0 346.0
    """
    x, y = _load("load_diabetes", scaled=False)
    return x.astype(np.float32), y.astype(np.float32).reshape(-1, 1)


def _classification(name: str) -> tuple[np.ndarray, np.ndarray]:
    x, y = _load(name)
    return x.astype(np.float32), y.astype(np.int64)


def _load(name: str, **options: Any) -> tuple[np.ndarray, np.ndarray]:
    try:
        from sklearn import datasets
    except ImportError as error:
        raise ImportError("this data comes with scikit-learn: pip install 'mlcourse[data]'") from error
    return getattr(datasets, name)(return_X_y=True, **options)
