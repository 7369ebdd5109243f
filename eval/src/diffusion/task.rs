//! Tasks on images: an item is a batch of generated images from noise of its own, compared with all real images of
//! its split.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use attune_core::evaluator::{EvalFailure, MetricInfo, Split, TaskInfo};
use attune_core::hash::ContentHash;
use attune_core::objective::Direction;
use attune_core::rng;
use burn_tensor::Tensor;
use rand_distr::{Distribution as _, StandardNormal};

use super::classifier::Classifier;
use super::distance::Real;
use crate::compute::Compute;
use crate::error::{OpenError, TaskError};
use crate::model::Checkpoint;

/// What `kind` calls it.
pub(crate) const KIND: &str = "images";

/// Where the data of a task is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageSpec {
    /// Folder of the classifier whose features are compared.
    pub classifier: PathBuf,
    /// Real images that a search tunes on: a safetensors file with bytes `images [n, channels, rows, columns]`.
    pub selection: PathBuf,
    /// Real images that results are reported on.
    pub report: PathBuf,
    /// Real images of other domains, by name.
    pub elsewhere: BTreeMap<String, PathBuf>,
    /// Generated images per item.
    pub samples: usize,
}

/// Real images, their features, and noise.
pub struct ImageTask {
    pub(super) classifier: Classifier,
    samples: usize,
    real: BTreeMap<Split, Real>,
    info: TaskInfo,
}

/// Raised when items or their scores come to mean something else: part of every fingerprint.
const MEANING: &str = "batches of generated images from ChaCha8 noise by split and item; frechet and kernel \
                       distance of classifier features to all real images; 1";

/// Noise never runs out; this is as many batches as anybody reports on.
const ITEMS: u32 = 1024;

/// Seed of all noise: candidates of every study are compared on the same.
const NOISE: u64 = 0;

impl ImageTask {
    /// Loads the classifier and the real images.
    ///
    /// # Errors
    /// Unreadable or unfitting files, too few images, or selection images among those of another split.
    pub fn open(spec: &ImageSpec, compute: &Compute) -> Result<Self, OpenError> {
        let classifier = Classifier::read(&spec.classifier, compute)?;
        let elsewhere = spec.elsewhere.iter().map(|(name, file)| (Split::OutOfDomain(name.clone()), file));
        let files = [(Split::Selection, &spec.selection), (Split::Report, &spec.report)];
        let mut images: BTreeMap<Split, Vec<u8>> = BTreeMap::new();
        for (split, file) in files.into_iter().chain(elsewhere) {
            images.insert(split, read(file, &classifier)?);
        }
        let pixels = classifier.channels * classifier.image.pow(2);
        disjoint(&images, pixels)?;
        let mut real = BTreeMap::new();
        for (split, bytes) in &images {
            let half = classifier.pixel_max / 2.0;
            let scaled: Vec<f32> = bytes.iter().map(|&byte| (f64::from(byte) / half - 1.0) as f32).collect();
            let features = classifier.embed(compute.float32(scaled, [bytes.len() / pixels, pixels]));
            let features = host(features).map_err(OpenError::Evaluator)?;
            real.insert(split.clone(), Real::new(features, classifier.features));
        }
        let fingerprint = |(split, bytes): (&Split, &Vec<u8>)| {
            let parts = [
                MEANING.as_bytes(),
                &(spec.samples as u64).to_le_bytes(),
                classifier.fingerprint.as_bytes().as_slice(),
                split.to_string().as_bytes(),
                bytes,
            ]
            .map(<[u8]>::to_vec);
            (split.clone(), ContentHash::of_parts(parts.iter().map(Vec::as_slice)))
        };
        let info = TaskInfo {
            name: KIND.to_owned(),
            metrics: metrics(),
            items: images.keys().map(|split| (split.clone(), ITEMS)).collect(),
            fingerprints: images.iter().map(fingerprint).collect(),
        };
        Ok(Self { classifier, samples: spec.samples, real, info })
    }

    /// What is measured, on how many items.
    pub fn info(&self) -> &TaskInfo {
        &self.info
    }

    /// Generated images per item.
    pub(super) fn samples(&self) -> usize {
        self.samples
    }

    /// The real images of a split.
    pub(super) fn real(&self, split: &Split) -> Option<&Real> {
        self.real.get(split)
    }

    /// The noise of one item, `[samples, pixels]`: standard normal, the same for every candidate.
    pub(super) fn noise(&self, split: &Split, item: u32, pixels: usize) -> Vec<f32> {
        let mut random = rng::derive(NOISE, &format!("noise of {split}"), &[item.into()]);
        let draw = |_| -> f32 {
            let value: f64 = StandardNormal.sample(&mut random);
            value as f32
        };
        (0..self.samples * pixels).map(draw).collect()
    }
}

/// What every task on images measures, the usual objective first.
pub fn metrics() -> Vec<MetricInfo> {
    let metric = |name: &str| MetricInfo {
        name: name.to_owned(),
        direction: Direction::Minimise,
        unit: String::new(),
    };
    vec![metric("frechet"), metric("kernel-distance")]
}

/// The elements of a tensor as float64.
pub(super) fn host(tensor: Tensor<2>) -> Result<Vec<f64>, EvalFailure> {
    let data = tensor.into_data();
    let values: &[f32] =
        data.as_slice().map_err(|error| EvalFailure::Internal(format!("cannot read features: {error:?}")))?;
    Ok(values.iter().map(|&value| f64::from(value)).collect())
}

fn read(file: &Path, classifier: &Classifier) -> Result<Vec<u8>, OpenError> {
    let (folder, name) = (file.parent().unwrap_or(Path::new("")), file.file_name().unwrap_or_default());
    let images = Checkpoint::file(folder, &name.to_string_lossy())?;
    let bad =
        |found: String, expected: String| TaskError::BadImages { file: file.to_owned(), found, expected };
    let (channels, size) = (classifier.channels, classifier.image);
    let expected = || format!("bytes `images` of shape [images, {channels}, {size}, {size}]");
    let Some(shape) = images.shape("images") else {
        return Err(bad("it has no tensor `images`".to_owned(), expected()).into());
    };
    let [count, ..] = shape else {
        return Err(bad(format!("`images` has shape {shape:?}"), expected()).into());
    };
    if *shape != [*count, channels, size, size] {
        return Err(bad(format!("`images` has shape {shape:?}"), expected()).into());
    }
    if *count < 2 {
        return Err(bad(format!("it has {count} images"), "at least 2 images".to_owned()).into());
    }
    let Some(bytes) = images.bytes("images") else {
        return Err(bad("`images` are not bytes".to_owned(), expected()).into());
    };
    if let Some(byte) = bytes.iter().find(|&&byte| f64::from(byte) > classifier.pixel_max) {
        let expected = format!("pixels from 0 to {}, as the classifier takes them", classifier.pixel_max);
        return Err(bad(format!("it has a pixel of {byte}"), expected).into());
    }
    Ok(bytes.to_vec())
}

/// Refuses selection images that results are reported on.
fn disjoint(images: &BTreeMap<Split, Vec<u8>>, pixels: usize) -> Result<(), TaskError> {
    let selection: HashSet<&[u8]> = images[&Split::Selection].chunks_exact(pixels).collect();
    for (split, bytes) in images.iter().filter(|(split, _)| **split != Split::Selection) {
        let shared = bytes.chunks_exact(pixels).enumerate().filter(|(_, image)| selection.contains(image));
        let shared: Vec<usize> = shared.map(|(index, _)| index).collect();
        if let Some(&index) = shared.first() {
            return Err(TaskError::SharedImages { other: split.to_string(), count: shared.len(), index });
        }
    }
    Ok(())
}
