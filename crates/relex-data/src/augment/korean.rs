//! Korean particles whose form depends on the sound before them.
//!
//! A replaced entity may end otherwise than the one before it, and then 은 becomes 는, or 으로 becomes 로. What follows is
//! the standard language: Hangul Orthography (한글 맞춤법, Ministry of Culture notice 2017-12) with the forms that the Standard
//! Korean Language Dictionary (표준국어대사전) of the National Institute of Korean Language lists for each particle.

mod ending;
mod latin;
mod particle;

pub(crate) use particle::{Particle, particle_after};
