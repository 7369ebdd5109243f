//! Device names, and what is behind them in this build on this machine.

use burn_tensor::{Device, FloatDType};

use crate::compute::{Compute, Precision, cpu_vectors};
use crate::error::DeviceError;

/// GPU backends by name, whether or not they are compiled in. `auto` tries them in this order.
const GPU_BACKENDS: [&str; 5] = ["cuda", "rocm", "metal", "vulkan", "wgpu"];

impl Compute {
    /// The device that `name` says: `auto`, `cpu` (also `flex`), or `cuda`, `rocm`, `metal`, `vulkan`, `wgpu`, each
    /// optionally with `:index`, counted from 0 in the order of `attune doctor`.
    ///
    /// `auto` is the first graphics card that a backend of this build finds, else the CPU.
    ///
    /// # Errors
    /// An unknown name, a backend that was not compiled in, no such device, or a precision that the
    /// device lacks.
    pub fn open(name: &str, precision: Precision) -> Result<Self, DeviceError> {
        let (backend, index) = match name.split_once(':') {
            None => (name, None),
            Some((backend, index)) => {
                let index = index.parse().map_err(|_| DeviceError::BadIndex { device: name.to_owned() })?;
                (backend, Some(index))
            }
        };
        match (backend, index) {
            ("auto", None) => Ok(best_gpu(precision).unwrap_or_else(|| cpu(precision))),
            ("cpu" | "flex", None) => Ok(cpu(precision)),
            ("auto" | "cpu" | "flex", Some(_)) => Err(DeviceError::BadIndex { device: name.to_owned() }),
            _ if GPU_BACKENDS.contains(&backend) => gpu(name, backend, index.unwrap_or(0), precision),
            _ => Err(DeviceError::Unknown { device: name.to_owned() }),
        }
    }
}

/// Every device name with what is behind it: what `attune doctor` lists.
pub fn devices() -> Vec<(&'static str, String)> {
    let cpu = format!("{} threads, {} vectors", rayon::current_num_threads(), cpu_vectors());
    let gpus = GPU_BACKENDS.into_iter().map(|backend| {
        let state = match listed(backend) {
            None => format!("not in this build; add `--features {backend}`"),
            Some(devices) if devices.is_empty() => "in this build, but no device found".to_owned(),
            Some(devices) => {
                let parts = devices.iter().enumerate().map(|(at, device)| format!("{at}: {}", part(device)));
                parts.collect::<Vec<_>>().join(", ")
            }
        };
        (backend, state)
    });
    std::iter::once(("cpu", cpu)).chain(gpus).collect()
}

/// Every name that opens a device of this build on this machine, `auto` first.
pub fn device_names() -> Vec<String> {
    let gpus = GPU_BACKENDS.into_iter().flat_map(|backend| {
        let devices = listed(backend).map_or(0, |devices| devices.len());
        (0..devices).map(move |index| format!("{backend}:{index}"))
    });
    ["auto", "cpu"].map(str::to_owned).into_iter().chain(gpus).collect()
}

fn cpu(precision: Precision) -> Compute {
    Compute::new(Device::flex(), precision, "cpu".to_owned(), None)
}

fn gpu(name: &str, backend: &str, index: usize, precision: Precision) -> Result<Compute, DeviceError> {
    let devices = listed(backend)
        .ok_or_else(|| DeviceError::NotCompiledIn { device: name.to_owned(), feature: backend.to_owned() })?;
    let device = devices.get(index).ok_or_else(|| DeviceError::Unavailable {
        device: name.to_owned(),
        reason: format!("{backend} finds {} devices on this machine", devices.len()),
    })?;
    if precision == Precision::F16 && !device.supports_dtype(FloatDType::F16) {
        return Err(DeviceError::NoPrecision { device: name.to_owned(), precision: "float16" });
    }
    Ok(Compute::new(device.clone(), precision, format!("{backend}:{index}"), Some(part(device))))
}

/// The first real card of the first backend that finds one; a software rasteriser is none.
fn best_gpu(precision: Precision) -> Option<Compute> {
    GPU_BACKENDS.into_iter().find_map(|backend| {
        let index = listed(backend)?.iter().position(is_card)?;
        gpu(backend, backend, index, precision).ok()
    })
}

/// The devices that a backend finds, if it is compiled in.
fn listed(backend: &str) -> Option<Vec<Device>> {
    match backend {
        #[cfg(feature = "cuda")]
        "cuda" => Some(Device::enumerate(burn_tensor::DeviceType::Cuda).into_vec()),
        #[cfg(feature = "rocm")]
        "rocm" => Some(Device::enumerate(burn_tensor::DeviceType::Rocm).into_vec()),
        #[cfg(feature = "metal")]
        "metal" => Some(Device::enumerate(burn_tensor::DeviceType::Metal).into_vec()),
        #[cfg(feature = "vulkan")]
        "vulkan" => Some(Device::enumerate(burn_tensor::DeviceType::Vulkan).into_vec()),
        #[cfg(feature = "wgpu")]
        "wgpu" => Some(Device::enumerate(burn_tensor::DeviceType::Wgpu).into_vec()),
        _ => None,
    }
}

/// How a device names itself.
fn part(device: &Device) -> String {
    #[cfg(feature = "gpu")]
    if let Some(identity) = device.identity() {
        return identity.name;
    }
    format!("{device:?}")
}

#[cfg(feature = "gpu")]
fn is_card(device: &Device) -> bool {
    device.identity().is_some_and(|identity| identity.physical.is_some())
}

#[cfg(not(feature = "gpu"))]
fn is_card(_: &Device) -> bool {
    false
}
