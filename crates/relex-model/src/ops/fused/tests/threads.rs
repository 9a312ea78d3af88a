//! Results do not depend on the number of threads, to the last bit; every input is cut into several pieces of work.

use burn::tensor::{Device, Tensor};

use super::{ACTIVATIONS, MASK, norm, tensor};
use crate::ops::{Activation, fused};

fn vector<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_to_vec().unwrap()
}

#[track_caller]
fn check(what: &str, run: impl Fn() -> Vec<Vec<f32>> + Send + Sync) {
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(&run)
    };
    let alone = with(1);
    assert!(alone.iter().flatten().any(|x| *x != 0.0), "{what}");
    for threads in [2, 3] {
        assert!(with(threads) == alone, "{what} with {threads} threads");
    }
}

/// Output and gradient of an operation with one input.
#[track_caller]
fn check_one<const D: usize>(what: &str, shape: [usize; D], operation: impl Fn(Tensor<D>) -> Tensor<D> + Send + Sync) {
    check(what, || {
        let device = Device::flex().autodiff();
        let input = tensor(shape, 1, &device).require_grad();
        let output = operation(input.clone());
        let gradients = (output.clone() * tensor(output.dims(), 2, &device)).sum().backward();
        vec![vector(output), vector(input.grad(&gradients).unwrap())]
    });
}

#[test]
fn of_a_layer() {
    check("a layer", || {
        let device = Device::flex().autodiff();
        let norm = norm(96, &device);
        let input = tensor([7 * 61, 96], 3, &device).require_grad();
        let weight = tensor([96, 96], 5, &device).require_grad();
        let bias = tensor([96], 6, &device).require_grad();
        let layer = || (weight.clone(), bias.clone());
        let states = fused::linear(input.clone(), weight.clone(), bias.clone()).reshape([7, 61, 96]);
        let none = Tensor::<4>::zeros([7, 1, 1, 61], &device);
        let attended = fused::attention([(); 3].map(|()| states.clone()), none, 6, Some(MASK));
        let output = fused::feed_forward(attended.reshape([7 * 61, 96]), layer(), layer(), Activation::Gelu);
        let output = fused::add_layer_norm(output.reshape([7, 61, 96]), states, &norm, 1e-6, Some(MASK));
        let gradients = (output.clone() * tensor([7, 61, 96], 4, &device)).sum().backward();
        vec![
            vector(output),
            vector(norm.gamma.val().grad(&gradients).unwrap()),
            vector(norm.beta.unwrap().val().grad(&gradients).unwrap()),
            vector(input.grad(&gradients).unwrap()),
            vector(weight.grad(&gradients).unwrap()),
            vector(bias.grad(&gradients).unwrap()),
        ]
    });
}

#[test]
fn of_activations() {
    for kind in ACTIVATIONS {
        check_one(&format!("{kind:?}"), [7, 61, 96], |x| fused::activate(x, kind));
    }
}

#[test]
fn of_feed_forward_networks() {
    for kind in ACTIVATIONS {
        check(&format!("feed-forward with {kind:?}"), || {
            let device = Device::flex().autodiff();
            let shapes: [&[usize]; 5] = [&[900, 40], &[40, 96], &[96], &[96, 40], &[40]];
            let inputs: [Tensor<1>; 5] =
                std::array::from_fn(|i| tensor([shapes[i].iter().product()], i as u64, &device).require_grad());
            let [x, inner, inner_bias, outer, outer_bias] = inputs.clone();
            let inner = (inner.reshape([40, 96]), inner_bias);
            let outer = (outer.reshape([96, 40]), outer_bias);
            let output = fused::feed_forward(x.reshape([900, 40]), inner, outer, kind);
            let gradients = (output.clone() * tensor([900, 40], 9, &device)).sum().backward();
            let mut found: Vec<Vec<f32>> = inputs.iter().map(|x| vector(x.grad(&gradients).unwrap())).collect();
            found.push(vector(output));
            found
        });
    }
}

#[test]
fn of_softmax() {
    for mask in [None, Some(MASK)] {
        check_one(&format!("softmax with {mask:?}"), [2, 3, 75, 131], |x| {
            let bias = super::bias(131, &x.device());
            fused::softmax(x, bias, 0.7, mask)
        });
    }
}

#[test]
fn of_dropout() {
    check_one("dropout", [7, 61, 96], |x| fused::dropout(x, MASK));
}

/// Every row is taken many times over, by rows far apart.
#[test]
fn of_an_embedding() {
    check("embedding", || {
        let device = Device::flex().autodiff();
        let table = tensor([97, 96], 1, &device).require_grad();
        let rows: Vec<usize> = (0..1000).map(|i| i * i % 97).collect();
        let taken = fused::embedding(table.clone(), rows);
        let gradients = (taken.clone() * tensor([1000, 96], 2, &device)).sum().backward();
        vec![vector(taken), vector(table.grad(&gradients).unwrap())]
    });
}
