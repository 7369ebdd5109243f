//! The similarity against scikit-image.

use attune_frame_rate::ssim::Similarity;

const WIDTH: usize = 31;
const HEIGHT: usize = 24;

fn image(of: impl Fn(usize, usize) -> usize) -> Vec<u8> {
    (0..WIDTH * HEIGHT).map(|pixel| (of(pixel / WIDTH, pixel % WIDTH) % 256) as u8).collect()
}

fn waves(row: usize, column: usize) -> usize {
    7 * row * row + 13 * column + 3 * row * column
}

/// scikit-image 0.26.0, `structural_similarity(x, y, gaussian_weights=True, sigma=1.5, use_sample_covariance=False,
/// data_range=255)` on the same images.
#[test]
fn similarities_are_those_of_scikit_image() {
    let similarity = Similarity::new(WIDTH, HEIGHT);
    let check = |one: &[u8], other: &[u8], expected: f64| {
        let found = similarity.compare(one, &similarity.moments(one), other);
        assert!((found - expected).abs() < 1e-12, "{found} is not {expected}");
    };
    let ramp = image(|row, column| 4 * row + 3 * column);
    check(
        &image(waves),
        &image(|row, column| waves(row, column) + (5 * row + 3 * column) % 17),
        0.897193541347071,
    );
    check(&image(waves), &ramp, 0.01137357897373726);
    check(&ramp, &image(|row, column| 4 * row + 3 * column + 6), 0.997405418659299);
    check(&image(|_, _| 0), &image(|_, _| 255), 9.999000099990003e-5);
    check(&ramp, &ramp, 1.0);
}

/// By hand: both images are constant, so only the first factor is left, `(2·x·y + C₁) / (x² + y² + C₁)`.
#[test]
fn constant_images_differ_by_their_means_only() {
    let similarity = Similarity::new(WIDTH, HEIGHT);
    let (dark, light) = (image(|_, _| 10), image(|_, _| 20));
    let found = similarity.compare(&dark, &similarity.moments(&dark), &light);
    let by_hand = (400.0 + 6.5025) / (500.0 + 6.5025);
    assert!((found - by_hand).abs() < 1e-9, "{found} is not {by_hand}");
}
