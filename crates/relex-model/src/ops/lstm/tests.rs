//! The fused recurrence against the composed one, in value and in every gradient. The heads' tests compare it with PyTorch
//! and with finite differences.

use burn::tensor::{Device, Tensor, TensorData};

use super::{composed, fused};

fn tensor<const D: usize>(shape: [usize; D], salt: usize, device: &Device) -> Tensor<D> {
    let values: Vec<f32> = (0..shape.iter().product::<usize>())
        .map(|i| 1.5 * ((i * (2 * salt + 31) + salt) as f32).sin())
        .collect();
    Tensor::from_data(TensorData::new(values, shape), device)
}

fn mask(lengths: &[usize], seq_len: usize, device: &Device) -> Tensor<2> {
    let values: Vec<f32> = lengths
        .iter()
        .flat_map(|&length| (0..seq_len).map(move |token| if token < length { 1.0 } else { 0.0 }))
        .collect();
    Tensor::from_data(TensorData::new(values, [lengths.len(), seq_len]), device)
}

type Recurrence = fn([Tensor<3>; 2], [Tensor<2>; 2], Tensor<2>) -> Tensor<3>;

/// States, then the gradients of both directions' gates and recurrent weights.
fn run(recurrence: Recurrence, lengths: &[usize], seq_len: usize, units: usize) -> Vec<Vec<f32>> {
    let device = Device::flex().autodiff();
    let batch = lengths.len();
    let gates = [1, 2].map(|salt| tensor([batch, seq_len, 4 * units], salt, &device).require_grad());
    let recurrent = [3, 4].map(|salt| tensor([units, 4 * units], salt, &device).require_grad());
    let states = recurrence(gates.clone(), recurrent.clone(), mask(lengths, seq_len, &device));
    let weights = tensor([batch, seq_len, 2 * units], 5, &device);
    let gradients = (states.clone() * weights).sum().backward();
    let values = |data: TensorData| data.try_to_vec().unwrap();
    let mut all = vec![values(states.into_data())];
    all.extend(gates.map(|tensor| values(tensor.grad(&gradients).unwrap().into_data())));
    all.extend(recurrent.map(|tensor| values(tensor.grad(&gradients).unwrap().into_data())));
    all
}

#[test]
fn fused_equals_composed() {
    for (lengths, seq_len, units) in [
        (&[5, 2, 7, 1, 7][..], 7, 6),
        (&[3], 3, 1),
        (&[1, 1], 4, 33),
        (&[0, 4], 5, 8),
        (&[9, 8, 7, 6, 5, 4, 3, 2, 1], 9, 20),
    ] {
        let actual = run(fused::bilstm, lengths, seq_len, units);
        let composed = |gates, recurrent, mask| composed::bilstm(gates, recurrent, &mask);
        let expected = run(composed, lengths, seq_len, units);
        for (which, (actual, expected)) in actual.iter().zip(&expected).enumerate() {
            assert_eq!(actual.len(), expected.len());
            let largest = expected.iter().fold(1f32, |largest, x| largest.max(x.abs()));
            for (i, (a, e)) in actual.iter().zip(expected).enumerate() {
                assert!(
                    (a - e).abs() <= 2e-6 * largest,
                    "{lengths:?} {which}[{i}]: {a} is not {e}"
                );
            }
        }
    }
}

#[test]
fn results_do_not_depend_on_the_number_of_threads() {
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| run(fused::bilstm, &[40, 31, 40, 7, 22, 40], 40, 96))
    };
    assert_eq!(on(1), on(3));
}
