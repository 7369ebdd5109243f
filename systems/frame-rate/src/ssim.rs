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
        Self::with_deviation(width, height, DEVIATION)
    }

    /// For images in a resolution of which one pixel is `factor`×`factor` of the image that is meant: the window has the standard
    /// deviation of the paper in pixels of that image, so it is as much of the scene, but never less than half a pixel here, where it would
    /// see no structure.
    pub fn of_preview(width: usize, height: usize, factor: usize) -> Self {
        Self::with_deviation(width, height, (DEVIATION / factor.max(1) as f64).max(0.5))
    }

    fn with_deviation(width: usize, height: usize, deviation: f64) -> Self {
        debug_assert!(width >= WINDOW && height >= WINDOW);
        let mut kernel = [0.0; WINDOW];
        for (index, weight) in kernel.iter_mut().enumerate() {
            let distance = index as f64 - (WINDOW / 2) as f64;
            *weight = libm::exp(-0.5 * distance * distance / (deviation * deviation));
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
    ///
    /// Slices of one length and windows of a known one: in a component, where instructions are counted, checks of every index would
    /// be a quarter of them.
    fn filtered(&self, quantity: impl Fn(usize) -> f64) -> Vec<f64> {
        let across = self.width + 1 - WINDOW;
        let pixels: Vec<f64> = (0..self.width * self.height).map(quantity).collect();
        let mut rows = Vec::with_capacity(across * self.height);
        for line in pixels.chunks_exact(self.width) {
            rows.extend(line.array_windows().map(|window| self.weigh(window)));
        }
        let mut means = Vec::with_capacity(across * (self.height + 1 - WINDOW));
        for block in rows.windows(across * WINDOW).step_by(across) {
            let (a, rest) = block.split_at(across);
            let (b, rest) = rest.split_at(across);
            let (c, rest) = rest.split_at(across);
            let (d, rest) = rest.split_at(across);
            let (e, rest) = rest.split_at(across);
            let (f, rest) = rest.split_at(across);
            let (g, rest) = rest.split_at(across);
            let (h, rest) = rest.split_at(across);
            let (i, rest) = rest.split_at(across);
            let (j, k) = rest.split_at(across);
            means
                .extend((0..across).map(|x| {
                    self.weigh(&[a[x], b[x], c[x], d[x], e[x], f[x], g[x], h[x], i[x], j[x], k[x]])
                }));
        }
        means
    }

    /// The weighted sum of the taps; the kernel is symmetric.
    fn weigh(&self, taps: &[f64; WINDOW]) -> f64 {
        const MIDDLE: usize = WINDOW / 2;
        let mut sum = self.kernel[MIDDLE] * taps[MIDDLE];
        for index in 0..MIDDLE {
            sum += self.kernel[index] * (taps[index] + taps[WINDOW - 1 - index]);
        }
        sum
    }
}
