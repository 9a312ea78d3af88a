use super::*;

#[test]
fn add_layer_norm_equals_the_composed_one() {
    let device = Device::flex().autodiff();
    let shape = [3, 70, 96];
    let norm = norm(96, &device);
    let residual = tensor(shape, 9, &device);
    check(
        shape,
        |x| super::super::add_layer_norm(x, residual.clone(), &norm, 1e-6, Some(MASK)),
        |x| norm.forward(residual.clone() + x * mask_tensor(shape, MASK, &device)),
        "add_layer_norm, input",
    );
    check(
        shape,
        |r| super::super::add_layer_norm(residual.clone(), r, &norm, 1e-6, Some(MASK)),
        |r| norm.forward(r + residual.clone() * mask_tensor(shape, MASK, &device)),
        "add_layer_norm, residual",
    );
    check(
        shape,
        |x| super::super::add_layer_norm(x, Tensor::<1>::zeros([1], &device), &norm, 1e-6, None),
        |x| norm.forward(x),
        "layer norm alone",
    );
}

#[test]
fn layer_norm_weights_get_the_composed_gradients() {
    let device = Device::flex().autodiff();
    let shape = [3, 70, 96];
    let input = tensor(shape, 9, &device);
    let weights = tensor(shape, 10, &device);
    let norm = norm(96, &device);
    let run = |output: Tensor<3>| {
        let gradients = (output * weights.clone()).sum().backward();
        let beta = norm.beta.as_ref().unwrap();
        (
            norm.gamma.val().grad(&gradients).unwrap(),
            beta.val().grad(&gradients).unwrap(),
        )
    };
    let none = Tensor::<1>::zeros([1], &device);
    let fused = run(super::super::add_layer_norm(input.clone(), none, &norm, 1e-6, None));
    let reference = run(norm.forward(input));
    assert_equal(fused.0, reference.0, "gamma");
    assert_equal(fused.1, reference.1, "beta");
}
