//! Structural similarity of two gray images (Wang, Bovik, Sheikh and Simoncelli, IEEE TIP 13(4), 2004).
//!
//! The definition of the paper: a Gaussian window of 11×11 with a standard deviation of 1.5, weights that sum to 1, variances
//! and covariance of the population, `C₁ = (0.01·255)²`, `C₂ = (0.03·255)²`, and the mean over all windows that lie in the
//! image. It is scikit-image's `structural_similarity(x, y, gaussian_weights=True, sigma=1.5, use_sample_covariance=False,
//! data_range=255)`.

/// Pixels across the window.
pub const WINDOW: usize = 11;
const DEVIATION: f64 = 1.5;
const C1: f64 = 0.01 * 255.0 * 0.01 * 255.0;
const C2: f64 = 0.03 * 255.0 * 0.03 * 255.0;

/// Compares images of one size with each other.
#[derive(Clone, Debug)]
pub struct Similarity {
    width: usize,
    height: usize,
    kernel: [f64; WINDOW],
}

/// Window means of an image, and of its square.
#[derive(Clone, Debug)]
pub struct Moments {
    mean: Vec<f64>,
    square: Vec<f64>,
}

impl Similarity {
    /// For images of `width`×`height`, each at least [`WINDOW`].
    pub fn new(width: usize, height: usize) -> Self {
        debug_assert!(width >= WINDOW && height >= WINDOW);
        let mut kernel = [0.0; WINDOW];
        for (index, weight) in kernel.iter_mut().enumerate() {
            let distance = index as f64 - (WINDOW / 2) as f64;
            *weight = libm::exp(-0.5 * distance * distance / (DEVIATION * DEVIATION));
        }
        let sum: f64 = kernel.iter().sum();
        kernel.iter_mut().for_each(|weight| *weight /= sum);
        Self { width, height, kernel }
    }

    /// What comparing `image` with others needs of it.
    pub fn moments(&self, image: &[u8]) -> Moments {
        Moments {
            mean: self.filtered(|pixel| f64::from(image[pixel])),
            square: self.filtered(|pixel| f64::from(image[pixel]) * f64::from(image[pixel])),
        }
    }

    /// The mean similarity of `image`, whose moments are given, and `other`: 1 when they are equal.
    pub fn compare(&self, image: &[u8], moments: &Moments, other: &[u8]) -> f64 {
        let theirs = self.moments(other);
        self.compare_moments(image, moments, other, &theirs)
    }

    /// As [`compare`](Self::compare), with the moments of both.
    pub fn compare_moments(&self, image: &[u8], moments: &Moments, other: &[u8], theirs: &Moments) -> f64 {
        let products = self.filtered(|pixel| f64::from(image[pixel]) * f64::from(other[pixel]));
        let mut sum = 0.0;
        for (place, product) in products.iter().enumerate() {
            let (x, y) = (moments.mean[place], theirs.mean[place]);
            let (xx, yy) = (moments.square[place] - x * x, theirs.square[place] - y * y);
            let covariance = product - x * y;
            sum += (2.0 * x * y + C1) * (2.0 * covariance + C2) / ((x * x + y * y + C1) * (xx + yy + C2));
        }
        sum / products.len() as f64
    }

    /// The means of a quantity of each pixel under the window, wherever the window lies in the image.
    fn filtered(&self, quantity: impl Fn(usize) -> f64) -> Vec<f64> {
        let across = self.width + 1 - WINDOW;
        let mut rows = Vec::with_capacity(across * self.height);
        let mut line = vec![0.0; self.width];
        for row in 0..self.height {
            for (column, value) in line.iter_mut().enumerate() {
                *value = quantity(row * self.width + column);
            }
            rows.extend(line.windows(WINDOW).map(|window| self.weigh(|tap| window[tap])));
        }
        let down = self.height + 1 - WINDOW;
        let mut means = Vec::with_capacity(across * down);
        for row in 0..down {
            let block = &rows[row * across..(row + WINDOW) * across];
            means.extend((0..across).map(|column| self.weigh(|tap| block[tap * across + column])));
        }
        means
    }

    /// The weighted sum of the taps; the kernel is symmetric.
    fn weigh(&self, tap: impl Fn(usize) -> f64) -> f64 {
        let middle = WINDOW / 2;
        let mut sum = self.kernel[middle] * tap(middle);
        for index in 0..middle {
            sum += self.kernel[index] * (tap(index) + tap(WINDOW - 1 - index));
        }
        sum
    }
}
