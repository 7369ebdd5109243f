//! Tokens per second of the dense forward, for comparison with other engines:
//! `cargo run --release -p attune-eval --example forward -- MODEL [TOKENS] [SEQUENCES] [DEVICE] [f32|f16]`.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "an example is a program of its own")]

use std::error::Error;
use std::path::PathBuf;

use attune_eval::bench::dense_forward;
use attune_eval::compute::{Compute, Precision};
use attune_eval::model::Model;

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let folder = PathBuf::from(args.next().ok_or("the first argument is the folder of a model")?);
    let tokens = args.next().map_or(Ok(1024), |text| text.parse())?;
    let sequences = args.next().map_or(Ok(2), |text| text.parse())?;
    let device = args.next().unwrap_or_else(|| "cpu".to_owned());
    let precision = match args.next().as_deref() {
        None | Some("f32") => Precision::F32,
        Some("f16") => Precision::F16,
        Some(other) => return Err(format!("element type `{other}`: expected f32 or f16").into()),
    };
    let started = std::time::Instant::now();
    let model = Model::load(&folder, &Compute::open(&device, precision)?)?;
    eprintln!("loaded {} in {:.2} s", model.facts().name, started.elapsed().as_secs_f64());
    let rates = dense_forward(&model, sequences, tokens, 5)?;
    let best = rates.iter().copied().fold(0.0, f64::max);
    println!(
        "{{\"model\":\"{}\",\"device\":\"{device}\",\"numerics\":\"{}\",\"sequences\":{sequences},\"tokens\":{tokens},\
         \"tokens_per_second\":{best:.1},\"runs\":{rates:.1?}}}",
        model.facts().name,
        model.compute().numerics()
    );
    Ok(())
}
