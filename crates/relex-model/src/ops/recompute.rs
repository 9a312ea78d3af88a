//! Gradient checkpointing: parts of a network that keep their input alone for the backward pass, and run again there
//! (Chen et al. 2016, "Training Deep Nets with Sublinear Memory Cost").

use std::{fmt, marker::PhantomData, sync::Arc};

use burn::{
    backend::{
        Autodiff, AutodiffBackend, Backend, BackendTensor, Dispatch, DispatchKindConversion, DispatchTensor, Flex,
        Shape, TensorMetadata,
        autodiff::{
            NodeId,
            checkpoint::{base::Checkpointer, strategy::CheckpointStrategy},
            grads::Gradients,
            ops::{Backward, Ops, OpsKind, unary},
        },
        backend_extension,
        tensor::FloatTensor,
    },
    module::{Module, ModuleMapper, Param},
    tensor::Tensor,
};

use super::Pass;

/// `run(module, input, pass)`, differentiable in the module's parameters and in `input`. Of all that is computed on the way
/// nothing is kept for the backward pass: it does `run` a second time, with the dropout of the first.
///
/// `run` must compute the same each time, and nothing else that it captures has a gradient. On a device without automatic
/// differentiation it is simply run.
pub(crate) fn recomputed<M: Module + Sync + 'static>(
    module: &M,
    input: Tensor<3>,
    pass: &mut Pass<'_>,
    run: impl Fn(&M, Tensor<3>, &mut Pass<'_>) -> Tensor<3> + Send + Sync + 'static,
) -> Tensor<3> {
    if !input.is_autodiff() {
        return run(module, input, pass);
    }
    let replay = pass.replay();
    let mut parameters = Vec::new();
    let untracked = module.clone().map(&mut WithoutAutodiff(&mut parameters));
    let output = run(&untracked, input.clone().inner(), pass);
    let again = Again(Arc::new(move |input, parameters| {
        let module = untracked.clone().map(&mut With(parameters.into_iter()));
        replay
            .run(|pass| run(&module, Tensor::from_dispatch(input), pass))
            .into_dispatch()
    }));
    let output = <Dispatch as Recompute>::recomputed(
        input.into_dispatch(),
        parameters,
        Tensor::from_inner(output).into_dispatch(),
        again,
    );
    Tensor::from_dispatch(output)
}

/// A part of a network as a function of its input and its parameters.
#[derive(Clone)]
pub(crate) struct Again(Arc<dyn Fn(DispatchTensor, Vec<DispatchTensor>) -> DispatchTensor + Send + Sync>);

impl fmt::Debug for Again {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Again")
    }
}

/// The operation as Burn's dispatch sees it: `output` is what `again` gives for `input` and `parameters`.
#[backend_extension(Flex, Cube: cfg(any(feature = "wgpu", feature = "cuda")), Autodiff)]
pub(crate) trait Recompute: Backend {
    fn recomputed(
        input: FloatTensor<Self>,
        parameters: Vec<DispatchTensor>,
        output: FloatTensor<Self>,
        again: Again,
    ) -> FloatTensor<Self>;
}

impl Recompute for Flex {
    fn recomputed(
        _input: FloatTensor<Self>,
        _parameters: Vec<DispatchTensor>,
        output: FloatTensor<Self>,
        _again: Again,
    ) -> FloatTensor<Self> {
        output
    }
}

#[cfg(any(feature = "wgpu", feature = "cuda"))]
impl Recompute for burn::backend::Cube {
    fn recomputed(
        _input: FloatTensor<Self>,
        _parameters: Vec<DispatchTensor>,
        output: FloatTensor<Self>,
        _again: Again,
    ) -> FloatTensor<Self> {
        output
    }
}

impl<B: Recompute, C: CheckpointStrategy> Recompute for Autodiff<B, C>
where
    DispatchTensor: DispatchKindConversion<Self>,
{
    fn recomputed(
        input: FloatTensor<Self>,
        parameters: Vec<DispatchTensor>,
        output: FloatTensor<Self>,
        again: Again,
    ) -> FloatTensor<Self> {
        let is_input_learning = input.is_tracked();
        let parameters: Vec<_> = parameters.into_iter().map(tracked::<B, C>).collect();
        if !is_input_learning && !parameters.iter().any(FloatTensor::<Self>::is_tracked) {
            return output;
        }
        // The backward pass comes here through the input, even where the parameters alone learn.
        let input = if is_input_learning { input } else { input.require_grad() };
        let prepared = Recomputed::<C>(PhantomData)
            .prepare::<C>([input.node()])
            .compute_bound()
            .stateful();
        let kept = Kept {
            input: input.into_primitive(),
            is_input_learning,
            parameters: parameters
                .into_iter()
                .map(|parameter| {
                    let id = parameter.is_tracked().then(|| parameter.id());
                    (id, parameter.into_primitive())
                })
                .collect(),
            again,
        };
        match prepared {
            OpsKind::Tracked(prep) => prep.finish(kept, output.into_primitive()),
            OpsKind::UnTracked(prep) => prep.finish(output.into_primitive()),
        }
    }
}

#[derive(Debug)]
struct Recomputed<C>(PhantomData<C>);

/// What is left of the forward pass.
#[derive(Debug, Clone)]
struct Kept<B: Backend> {
    input: FloatTensor<B>,
    is_input_learning: bool,
    /// Each with the place of its gradient, if it learns.
    parameters: Vec<(Option<NodeId>, FloatTensor<B>)>,
    again: Again,
}

impl<B: Backend, C: CheckpointStrategy> Backward<B, 1> for Recomputed<C>
where
    DispatchTensor: DispatchKindConversion<Autodiff<B, C>>,
{
    type State = Kept<B>;

    /// The second run has a graph of its own, made of leaves of its own: the graph that is going backward is locked.
    fn backward(self, ops: Ops<Kept<B>, 1>, grads: &mut Gradients, _checkpointer: &mut Checkpointer) {
        let Kept {
            input,
            is_input_learning,
            parameters,
            again,
        } = ops.state;
        let grad = grads.consume::<B>(&ops.node);
        let leaf = |value: FloatTensor<B>, is_learning: bool| {
            let leaf = Autodiff::<B, C>::from_inner(value);
            if is_learning { leaf.require_grad() } else { leaf }
        };
        let input = leaf(input, is_input_learning);
        let parameters: Vec<_> = parameters
            .into_iter()
            .map(|(id, value)| (id, leaf(value, id.is_some())))
            .collect();
        let output = (again.0)(
            dispatched::<B, C>(&input),
            parameters.iter().map(|(_, leaf)| dispatched::<B, C>(leaf)).collect(),
        );
        drop(again);
        let mut found = from_gradient::<B, C>(tracked::<B, C>(output), grad).backward();
        if let (Some(node), Some(grad)) = (&ops.parents[0], input.grad_remove(&mut found)) {
            grads.register::<B>(node.id, grad);
        }
        for (id, leaf) in parameters {
            if let (Some(id), Some(grad)) = (id, leaf.grad_remove(&mut found)) {
                grads.register::<B>(id, grad);
            }
        }
    }
}

fn dispatched<B: Backend, C: CheckpointStrategy>(tensor: &FloatTensor<Autodiff<B, C>>) -> DispatchTensor
where
    DispatchTensor: DispatchKindConversion<Autodiff<B, C>>,
{
    DispatchTensor::from_backend(BackendTensor::<Autodiff<B, C>>::Float(tensor.clone()))
}

fn tracked<B: Backend, C: CheckpointStrategy>(tensor: DispatchTensor) -> FloatTensor<Autodiff<B, C>>
where
    DispatchTensor: DispatchKindConversion<Autodiff<B, C>>,
{
    let tensor: Result<BackendTensor<Autodiff<B, C>>, _> = DispatchTensor::try_into_backend(tensor);
    match tensor {
        Ok(tensor) => tensor.float(),
        Err(reason) => unreachable!("all of an operation's tensors are on its device: {reason}"),
    }
}

/// A number whose derivative in `output` is `grad`.
fn from_gradient<B: Backend, C: CheckpointStrategy>(
    output: FloatTensor<Autodiff<B, C>>,
    grad: FloatTensor<B>,
) -> FloatTensor<Autodiff<B, C>> {
    #[derive(Debug)]
    struct Start;

    impl<B: Backend> Backward<B, 1> for Start {
        type State = FloatTensor<B>;

        fn backward(self, ops: Ops<FloatTensor<B>, 1>, grads: &mut Gradients, _checkpointer: &mut Checkpointer) {
            unary::<B, _>(ops.parents, ops.node, grads, |_| ops.state);
        }
    }

    let number = B::float_zeros(Shape::new([1]), &grad.device(), grad.dtype().into());
    match Start.prepare::<C>([output.node()]).compute_bound().stateful() {
        OpsKind::Tracked(prep) => prep.finish(grad, number),
        OpsKind::UnTracked(prep) => prep.finish(number),
    }
}

/// Takes every parameter's tensor out and leaves its value.
struct WithoutAutodiff<'a>(&'a mut Vec<DispatchTensor>);

impl ModuleMapper for WithoutAutodiff<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let tensor = param.val();
        self.0.push(tensor.clone().autodiff().into_dispatch());
        Param::initialized(param.id, tensor.inner())
    }
}

/// Puts tensors in the parameters' places, in the order that [`WithoutAutodiff`] took them out.
struct With<I>(I);

impl<I: Iterator<Item = DispatchTensor>> ModuleMapper for With<I> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        match self.0.next() {
            Some(tensor) => Param::initialized(param.id, Tensor::from_dispatch(tensor)),
            None => param,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Mutex, Weak};

    use burn::{
        backend::DispatchTensorKind,
        nn::{Linear, LinearConfig},
        tensor::{Device, TensorData},
    };

    use super::*;
    use crate::ops::{DropoutKeys, dropout};

    /// The numbers of a tensor, while they are in memory.
    type Trace = Weak<dyn std::any::Any + Send + Sync>;

    fn trace(tensor: &Tensor<3>) -> Trace {
        let DispatchTensorKind::Flex(BackendTensor::Float(tensor)) = tensor.clone().inner().into_dispatch().kind else {
            panic!("not on the CPU")
        };
        let numbers: Arc<dyn std::any::Any + Send + Sync> = tensor.data_arc();
        Arc::downgrade(&numbers)
    }

    fn linear(device: &Device) -> Linear {
        let mut linear = LinearConfig::new(4, 4).init(device);
        let values = (0..16).map(|i| (i as f32).sin()).collect::<Vec<_>>();
        linear.weight = linear
            .weight
            .map(|_| Tensor::from_data(TensorData::new(values, [4, 4]), device).require_grad());
        linear
    }

    fn input(device: &Device) -> Tensor<3> {
        let values = (0..24).map(|i| (i as f32).cos()).collect::<Vec<_>>();
        Tensor::from_data(TensorData::new(values, [2, 3, 4]), device).require_grad()
    }

    /// Two layers with dropout between them; tells what is between them.
    fn two_layers(linear: &Linear, input: Tensor<3>, pass: &mut Pass<'_>, see: impl Fn(&Tensor<3>)) -> Tensor<3> {
        let between = dropout(linear.forward(input).exp(), pass.mask(0.5));
        see(&between);
        linear.forward(between).tanh()
    }

    fn bits<const D: usize>(tensor: Tensor<D>) -> Vec<u32> {
        let values = tensor.into_data().try_to_vec::<f32>().unwrap();
        values.into_iter().map(f32::to_bits).collect()
    }

    #[test]
    fn nothing_is_kept_between_input_and_output() {
        let device = Device::flex().autodiff();
        let (linear, input) = (linear(&device), input(&device));
        let kept = Mutex::new(Vec::new());
        let output = two_layers(&linear, input.clone(), &mut Pass::Inference, |tensor| {
            kept.lock().unwrap().push(trace(tensor));
        });
        assert!(kept.lock().unwrap().iter().all(|trace| trace.strong_count() > 0));
        drop(output);

        let seen = Arc::new(Mutex::new(Vec::new()));
        let see = seen.clone();
        let output = recomputed(
            &linear,
            input,
            &mut Pass::Inference,
            move |linear: &Linear, input, pass| {
                two_layers(linear, input, pass, |tensor| see.lock().unwrap().push(trace(tensor)))
            },
        );
        let gone = |runs| {
            let seen = seen.lock().unwrap();
            assert_eq!(seen.len(), runs);
            assert!(seen.iter().all(|trace| trace.strong_count() == 0));
        };
        gone(1);
        output.sum().backward();
        gone(2);
    }

    /// Also after it, in the same pass, and where the parameters are used outside as well.
    #[test]
    fn the_gradients_are_those_of_one_run() {
        let device = Device::flex().autodiff();
        let (linear, input) = (linear(&device), input(&device));
        let gradients = |run: &dyn Fn(Tensor<3>, &mut Pass<'_>) -> Tensor<3>| {
            let mut keys = DropoutKeys::new(3, 1);
            let mut pass = Pass::Training(&mut keys);
            let first = run(input.clone(), &mut pass);
            let second = run(linear.forward(first.clone()), &mut pass);
            let gradients = (second.clone() * first).sum().backward();
            let of_bias = linear.bias.as_ref().unwrap().val().grad(&gradients).unwrap();
            let of_weight = linear.weight.val().grad(&gradients).unwrap();
            [
                bits(second),
                bits(input.grad(&gradients).unwrap()),
                bits(of_weight),
                bits(of_bias),
            ]
        };
        let once = |input, pass: &mut Pass<'_>| two_layers(&linear, input, pass, |_| ());
        let twice = |input, pass: &mut Pass<'_>| {
            recomputed(&linear, input, pass, |linear: &Linear, input, pass| {
                two_layers(linear, input, pass, |_| ())
            })
        };
        let [output, of_input, of_weight, of_bias] = gradients(&twice);
        let [expected_output, expected_of_input, expected_of_weight, expected_of_bias] = gradients(&once);
        assert_eq!(output, expected_output);
        assert_eq!(of_input, expected_of_input);
        // Five products add to the gradient of one matrix here, in another order.
        let close = |left: Vec<u32>, right: Vec<u32>| {
            for (left, right) in left.into_iter().zip(right) {
                let (left, right) = (f32::from_bits(left), f32::from_bits(right));
                assert!((left - right).abs() <= 1e-6 * right.abs().max(1.0), "{left} {right}");
            }
        };
        close(of_weight, expected_of_weight);
        close(of_bias, expected_of_bias);
    }

    #[test]
    fn where_nothing_learns_nothing_is_run_again() {
        let device = Device::flex().autodiff();
        let linear = linear(&device).no_grad();
        let see = |linear: &Linear, input| {
            recomputed(linear, input, &mut Pass::Inference, |linear: &Linear, input, pass| {
                two_layers(linear, input, pass, |_| ())
            })
        };
        let output = see(&linear, input(&device).inner().autodiff());
        assert!(output.is_autodiff() && !output.is_tracked());
        assert!(!see(&linear.clone().valid(), input(&device).inner()).is_autodiff());
    }
}
