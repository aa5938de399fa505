//! [`Scalar`](super::Scalar) for other crates' types, each behind its feature.

#[cfg(feature = "chrono")]
mod chrono;
#[cfg(feature = "rust_decimal")]
mod rust_decimal;
