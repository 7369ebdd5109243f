//! A file of weights that is written tensor by tensor: its header needs only names, types and shapes.

use std::collections::HashMap;
use std::io::Write as _;

use attune_core::exporter::{ExportError, FileSink};
use safetensors::tensor::{Metadata, TensorInfo};

use super::{Piece, bad};

/// The header is filled up with spaces to a multiple of it.
const ALIGNMENT: usize = 8;

/// Writes one weight file, in which tensors stand as the library of the format puts them: those of the widest type first, then by
/// name. `framework` is the entry of its metadata without which Transformers refuses files.
pub(crate) fn write_tensors<S: AsRef<str> + Ord>(
    sink: &mut dyn FileSink,
    file: &str,
    framework: &str,
    mut tensors: Vec<(S, Piece<'_>)>,
) -> Result<(), ExportError> {
    tensors.sort_by(|(one, left), (other, right)| right.dtype.cmp(&left.dtype).then(one.cmp(other)));
    let mut end = 0;
    let listed = tensors.iter().map(|(name, piece)| {
        let first = end;
        end += piece.bytes.len();
        let info = TensorInfo { dtype: piece.dtype, shape: piece.shape.clone(), data_offsets: (first, end) };
        (name.as_ref().to_owned(), info)
    });
    let listed = listed.collect();
    let expected = "tensors that safetensors can store";
    let metadata = HashMap::from([("format".to_owned(), framework.to_owned())]);
    let metadata =
        Metadata::new(Some(metadata), listed).map_err(|error| bad(file, error.to_string(), expected))?;
    let mut header = serde_json::to_vec(&metadata).map_err(|error| bad(file, error.to_string(), expected))?;
    header.resize(header.len().next_multiple_of(ALIGNMENT), b' ');

    let failed = |source| ExportError::Io { action: "write", file: file.to_owned(), source };
    let mut out = sink.begin(file).map_err(failed)?;
    out.write_all(&(header.len() as u64).to_le_bytes()).map_err(failed)?;
    out.write_all(&header).map_err(failed)?;
    for (_, piece) in &tensors {
        out.write_all(&piece.bytes.read()?).map_err(failed)?;
    }
    out.finish().map_err(failed)
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use safetensors::tensor::{Dtype, TensorView};

    use super::*;
    use crate::checkpoint::Bytes;

    #[test]
    fn files_are_those_of_the_library() {
        let tensors: [(&str, Dtype, &[usize], Vec<u8>); 4] = [
            ("b.weight_packed", Dtype::I32, &[2, 2], (0..16).collect()),
            ("a.weight", Dtype::BF16, &[1, 3], (3..9).collect()),
            ("c", Dtype::F32, &[1], vec![1, 2, 3, 4]),
            ("a.weight_shape", Dtype::I64, &[2], (9..25).collect()),
        ];
        let views = tensors.iter().map(|(name, dtype, shape, bytes)| {
            (*name, TensorView::new(*dtype, shape.to_vec(), bytes).unwrap())
        });
        let metadata = HashMap::from([("format".to_owned(), "pt".to_owned())]);
        let expected = safetensors::serialize(views, Some(metadata)).unwrap();
        let pieces = tensors.iter().map(|(name, dtype, shape, bytes)| {
            let bytes = Bytes::Here(Cow::Borrowed(bytes));
            (*name, Piece { dtype: *dtype, shape: shape.to_vec(), bytes })
        });
        let mut found = Vec::new();
        let mut sink = |_: &str, bytes: &[u8]| {
            found = bytes.to_vec();
            Ok(())
        };
        write_tensors(&mut sink, "model.safetensors", "pt", pieces.collect()).unwrap();
        assert_eq!(found, expected);
    }
}
