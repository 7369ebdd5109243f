//! Where tensors live, and in which element type.

use burn_tensor::{DType, Device, Int, Tensor, TensorData};

use crate::error::DeviceError;

/// Element type of weights and activations, chosen when a model is loaded. Norms, softmax and scores
/// are always computed in float32.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Precision {
    /// 32 bits: the reference, and the fastest on a CPU.
    #[default]
    F32,
    /// 16 bits, for GPUs.
    F16,
}

/// A device with the element type that is used on it.
#[derive(Clone, Debug)]
pub struct Compute {
    device: Device,
    precision: Precision,
    name: String,
    host: bool,
}

impl Compute {
    /// The CPU in float32: always there.
    pub fn cpu() -> Self {
        Self { device: Device::flex(), precision: Precision::F32, name: "cpu".to_owned(), host: true }
    }

    /// The device that `name` says: `auto`, `cpu` (also `flex`), or `wgpu`, `vulkan`, `metal`, `cuda`,
    /// `rocm`, each optionally with `:index`.
    ///
    /// `auto` is the CPU unless the build has a GPU backend, then that backend's default device.
    ///
    /// # Errors
    /// An unknown name, a backend that was not compiled in, no such device, or a precision that the
    /// device lacks.
    pub fn open(name: &str, precision: Precision) -> Result<Self, DeviceError> {
        crate::device::open(name, precision)
    }

    pub(crate) fn new(device: Device, precision: Precision, name: String, host: bool) -> Self {
        Self { device, precision, name, host }
    }

    /// For people: `cpu`, `vulkan:0`, …
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Element type of weights and activations.
    pub fn precision(&self) -> Precision {
        self.precision
    }

    /// Whether tensors are plain memory of this process, so that our own loops may work on them.
    pub(crate) fn on_host(&self) -> bool {
        self.host && self.precision == Precision::F32
    }

    pub(crate) fn device(&self) -> &Device {
        &self.device
    }

    pub(crate) fn dtype(&self) -> DType {
        match self.precision {
            Precision::F32 => DType::F32,
            Precision::F16 => DType::F16,
        }
    }

    /// Moves float32 `values` to the device, in its element type.
    pub(crate) fn tensor<const D: usize>(&self, values: Vec<f32>, shape: [usize; D]) -> Tensor<D> {
        Tensor::from_data(TensorData::new(values, shape), (&self.device, self.dtype()))
    }

    /// Moves row numbers to the device.
    pub(crate) fn indices(&self, values: &[u32]) -> Tensor<1, Int> {
        let values: Vec<i32> = values.iter().map(|&value| value as i32).collect();
        let count = values.len();
        Tensor::from_data(TensorData::new(values, [count]), &self.device)
    }

    /// What decides the last digits of a result: element type, backend, and vector width on a CPU.
    pub fn numerics(&self) -> String {
        let element = match self.precision {
            Precision::F32 => "f32",
            Precision::F16 => "f16",
        };
        if self.host {
            // Products over 512-bit and 256-bit vectors add up in another order; pulp calls them V4 and V3.
            let vectors = format!("{:?}", pulp::Arch::new());
            let vectors = vectors.split('(').next().unwrap_or_default();
            format!("{element} burn-flex-0.22 {vectors}")
        } else {
            let backend = self.name.split(':').next().unwrap_or_default();
            format!("{element} burn-{backend}-0.22")
        }
    }
}
