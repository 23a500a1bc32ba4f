"""Is a linear SVM over one of each set of equal columns the one over all of them?"""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from sklearn.svm import LinearSVC

from stancelab.models.equal_columns import merged


@given(st.lists(st.lists(st.sampled_from([0.0, 0.0, 1.0, 2.0, 0.1]), min_size=4, max_size=4), min_size=1, max_size=30))
@settings(max_examples=100, deadline=None)
def test_equal_columns_become_one_and_products_of_rows_stay(columns):
    whole = np.array(columns).T
    few = merged(sparse.csr_array(whole))
    assert few.features.shape == (4, len({tuple(column) for column in columns}))
    np.testing.assert_allclose((few.features @ few.features.T).toarray(), whole @ whole.T, atol=1e-12)
    np.testing.assert_allclose((few.features.toarray() / few.scale)[:, few.places], whole, rtol=1e-15)


def test_an_svm_fitted_to_few_columns_has_the_weights_of_all():
    generator = np.random.default_rng(0)
    some = generator.integers(0, 2, (40, 60)) * generator.choice([1.0, 0.5], (1, 60))
    whole = sparse.csr_array(some[:, generator.integers(0, 60, 300)])
    labels = generator.choice(["favor", "against", "none"], 40)
    few = merged(whole)
    assert few.features.shape[1] < 61
    alone = LinearSVC(dual=True, max_iter=50_000, random_state=0).fit(whole, labels)
    less = LinearSVC(dual=True, max_iter=50_000, random_state=0).fit(few.features, labels)
    np.testing.assert_allclose(few.spread(less.coef_), alone.coef_, atol=1e-9)
    np.testing.assert_allclose(less.intercept_, alone.intercept_, atol=1e-9)


def test_columns_that_differ_in_a_value_or_a_row_stay_apart():
    apart = sparse.csr_array(np.array([[1.0, 2.0, 0.0, 1.0, 0.0], [0.0, 0.0, 1.0, 1.0, 0.0]]))
    few = merged(apart)
    np.testing.assert_array_equal(few.features.toarray(), apart.toarray())
    np.testing.assert_array_equal(few.scale, 1)
