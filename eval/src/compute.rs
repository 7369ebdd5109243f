//! Where tensors live, and in which element type.

use burn_tensor::{DType, Device, Int, Tensor, TensorData};

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
    /// What a GPU calls itself; `None` for the CPU.
    part: Option<String>,
}

impl Compute {
    /// The CPU in float32: always there.
    pub fn cpu() -> Self {
        Self::new(Device::flex(), Precision::F32, "cpu".to_owned(), None)
    }

    pub(crate) fn new(device: Device, precision: Precision, name: String, part: Option<String>) -> Self {
        Self { device, precision, name, part }
    }

    /// For people: `cpu`, `vulkan:0 (NVIDIA H100)`, …
    pub fn name(&self) -> String {
        match &self.part {
            None => self.name.clone(),
            Some(part) => format!("{} ({part})", self.name),
        }
    }

    /// Element type of weights and activations.
    pub fn precision(&self) -> Precision {
        self.precision
    }

    /// Whether tensors are plain float32 memory of this process, so that our own loops may work on them.
    pub(crate) fn on_host(&self) -> bool {
        self.part.is_none() && self.precision == Precision::F32
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

    /// Moves float32 `values` to the device as they are.
    pub(crate) fn float32<const D: usize>(&self, values: Vec<f32>, shape: [usize; D]) -> Tensor<D> {
        Tensor::from_data(TensorData::new(values, shape), (&self.device, DType::F32))
    }

    /// Moves row numbers to the device.
    pub(crate) fn indices(&self, values: &[u32]) -> Tensor<1, Int> {
        let values: Vec<i32> = values.iter().map(|&value| value as i32).collect();
        let count = values.len();
        Tensor::from_data(TensorData::new(values, [count]), &self.device)
    }

    /// What decides the last digits of a result: element type, backend, and what it runs on.
    pub fn numerics(&self) -> String {
        let element = match self.precision {
            Precision::F32 => "f32",
            Precision::F16 => "f16",
        };
        match &self.part {
            // Products over 512-bit and 256-bit vectors add up in another order; `tiles` are those of our attention.
            None if self.on_host() => format!("{element} burn-flex-0.22 tiles {}", cpu_vectors()),
            None => format!("{element} burn-flex-0.22 {}", cpu_vectors()),
            Some(part) => {
                let backend = self.name.split(':').next().unwrap_or_default();
                format!("{element} burn-{backend}-0.22 {part}")
            }
        }
    }
}

/// The vector instructions that products and loops use on this processor.
pub(crate) fn cpu_vectors() -> &'static str {
    // pulp names its instruction sets after the levels of x86-64.
    match format!("{:?}", pulp::Arch::new()) {
        level if level.starts_with("V4") => "avx512",
        level if level.starts_with("V3") => "avx2",
        level if level.starts_with("Neon") => "neon",
        _ => "baseline",
    }
}
