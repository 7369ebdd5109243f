//! Device names and the backends behind them.

use burn_tensor::Device;

use crate::compute::{Compute, Precision};
use crate::error::DeviceError;

/// Backends by name, whether or not they are compiled in. `auto` tries them in this order.
const GPU_BACKENDS: [&str; 5] = ["cuda", "rocm", "metal", "vulkan", "wgpu"];

pub(crate) fn open(name: &str, precision: Precision) -> Result<Compute, DeviceError> {
    let (backend, index) = match name.split_once(':') {
        None => (name, None),
        Some((backend, index)) => {
            let index = index.parse().map_err(|_| DeviceError::BadIndex { device: name.to_owned() })?;
            (backend, Some(index))
        }
    };
    match backend {
        "auto" => match GPU_BACKENDS.into_iter().find(|backend| gpu(backend, None).is_some()) {
            Some(backend) => open(backend, precision),
            None => open("cpu", precision),
        },
        "cpu" | "flex" if index.is_none() => {
            Ok(Compute::new(Device::flex(), precision, "cpu".to_owned(), true))
        }
        "cpu" | "flex" => Err(DeviceError::BadIndex { device: name.to_owned() }),
        backend if GPU_BACKENDS.contains(&backend) => {
            let device = gpu(backend, index).ok_or_else(|| DeviceError::NotCompiledIn {
                device: name.to_owned(),
                feature: backend.to_owned(),
            })?;
            Ok(Compute::new(device, precision, name.to_owned(), false))
        }
        _ => Err(DeviceError::Unknown { device: name.to_owned() }),
    }
}

/// Every device name with whether this build can use it: what `attune doctor` lists.
pub fn devices() -> Vec<(&'static str, String)> {
    let threads = rayon::current_num_threads();
    let cpu = format!("{threads} threads, {:?} vector instructions", pulp::Arch::new());
    let gpus = GPU_BACKENDS.into_iter().map(|backend| {
        let state = match gpu(backend, None) {
            Some(_) => "compiled in; opened when a study asks for it".to_owned(),
            None => format!("not in this build; add `--features {backend}`"),
        };
        (backend, state)
    });
    std::iter::once(("cpu", cpu)).chain(gpus).collect()
}

/// The device of a GPU backend, if the backend is compiled in. Devices open lazily: whether the
/// hardware is there shows at first use, see [`probe`].
fn gpu(backend: &str, index: Option<usize>) -> Option<Device> {
    match backend {
        #[cfg(feature = "cuda")]
        "cuda" => Some(Device::cuda(index.unwrap_or(0))),
        #[cfg(feature = "rocm")]
        "rocm" => Some(Device::rocm(index.unwrap_or(0))),
        #[cfg(feature = "metal")]
        "metal" => Some(Device::metal(kind(index))),
        #[cfg(feature = "vulkan")]
        "vulkan" => Some(Device::vulkan(kind(index))),
        #[cfg(feature = "wgpu")]
        "wgpu" => Some(Device::wgpu(kind(index))),
        _ => {
            let _ = index;
            None
        }
    }
}

#[cfg(any(feature = "metal", feature = "vulkan", feature = "wgpu"))]
fn kind(index: Option<usize>) -> burn_tensor::DeviceKind {
    match index {
        None => burn_tensor::DeviceKind::DefaultDevice,
        Some(index) => burn_tensor::DeviceKind::DiscreteGpu(index),
    }
}
