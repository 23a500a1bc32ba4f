"""Is a linear SVM fitted to a smaller matrix with the same products of rows the one fitted to all columns?"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from sklearn.svm import LinearSVC

from stancelab.models.row_products import FEW_ROWS, Merged, Triangle, merged, smaller, triangle


@given(st.lists(st.lists(st.sampled_from([0.0, 0.0, 1.0, 2.0, 0.1]), min_size=4, max_size=4), min_size=1, max_size=30))
@settings(max_examples=100, deadline=None)
def test_equal_columns_become_one_and_products_of_rows_stay(columns):
    whole = np.array(columns).T
    few = merged(sparse.csr_array(whole))
    assert few.features.shape == (4, len({tuple(column) for column in columns}))
    np.testing.assert_allclose((few.features @ few.features.T).toarray(), whole @ whole.T, atol=1e-12)
    np.testing.assert_allclose((few.features.toarray() / few.scale)[:, few.places], whole, rtol=1e-15)


@pytest.mark.parametrize(("rows", "kind"), [(40, Triangle), (FEW_ROWS + 20, Merged)])
def test_an_svm_fitted_to_the_smaller_matrix_has_the_weights_of_all_columns(rows, kind):
    generator = np.random.default_rng(0)
    some = generator.integers(0, 2, (rows, 300)) * generator.choice([1.0, 0.5], (1, 300))
    whole = sparse.csr_array(some[:, generator.integers(0, 300, 600)])
    labels = generator.choice(["favor", "against", "none"], rows)
    few = smaller(whole)
    assert isinstance(few, kind)
    assert few.features.shape[1] < 300
    alone = LinearSVC(dual=True, max_iter=50_000, random_state=0).fit(whole, labels)
    less = LinearSVC(dual=True, max_iter=50_000, random_state=0).fit(few.features, labels)
    np.testing.assert_allclose(few.spread(less.coef_), alone.coef_, atol=1e-9)
    np.testing.assert_allclose(less.intercept_, alone.intercept_, atol=1e-9)


def test_rows_that_depend_on_each_other_have_no_triangle():
    whole = sparse.csr_array(np.array([[1.0, 1, 0, 0], [1, 1, 0, 0], [0, 0, 1, 1]]))
    assert triangle(whole) is None
    assert isinstance(smaller(whole), Merged)
    assert triangle(sparse.csr_array(whole[[0, 2]])) is not None


def test_columns_that_differ_in_a_value_or_a_row_stay_apart():
    apart = sparse.csr_array(np.array([[1.0, 2.0, 0.0, 1.0, 0.0], [0.0, 0.0, 1.0, 1.0, 0.0]]))
    few = merged(apart)
    np.testing.assert_array_equal(few.features.toarray(), apart.toarray())
    np.testing.assert_array_equal(few.scale, 1)
