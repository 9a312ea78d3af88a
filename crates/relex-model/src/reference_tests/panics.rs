//! What no text encoder makes ends in a message that names it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use burn::tensor::{Device, Int, Tensor};

use super::Reference;
use crate::Pass;

/// Runs an encoder over a row of tokens of one type.
#[track_caller]
fn panics(family: &str, ids: &[i32], token_type: i32, part: &str) {
    let device = Device::flex();
    let encoder = Reference::open(family).classifier(&device).encoder;
    let ids = Tensor::<1, Int>::from_ints(ids, &device).unsqueeze::<2>();
    let types = ids.zeros_like().add_scalar(token_type);
    let mask = Tensor::ones(ids.dims(), &device);
    let run = AssertUnwindSafe(|| encoder.forward(ids, Some(types), mask, &mut Pass::Inference));
    let panic = catch_unwind(run).unwrap_err();
    let message = panic.downcast_ref::<String>().unwrap();
    assert!(message.contains(part), "{part} is not in {message}");
}

#[test]
fn of_what_does_not_fit_say_what_it_is() {
    for (family, room) in [("bert", 40), ("roberta", 38), ("electra", 40)] {
        let too_long = format!("{} tokens a row, but the encoder has positions for {room}", room + 1);
        panics(family, &vec![5; room + 1], 0, &too_long);
        panics(family, &[5, 97], 0, "token id 97 has no embedding: there are 97");
        panics(family, &[5, -1], 0, "token id -1 has no embedding");
    }
    panics("bert", &[5, 6], 2, "token type 2 has no embedding: there are 2");
}
