//! Why a result cannot be compared with a recipe.

use attune_export::RecipeError;
use attune_files::ReadError;

/// Why a result cannot be compared with a recipe that the profile names.
#[derive(Debug, thiserror::Error)]
#[error("report.baselines: `{name}`: {source}")]
pub struct BaselineError {
    /// The name of its row.
    pub name: String,
    /// What is wrong with its file.
    pub source: Box<RecipeFault>,
}

/// What is wrong with a recipe.
#[derive(Debug, thiserror::Error)]
pub enum RecipeFault {
    /// It cannot be read.
    #[error(transparent)]
    File(#[from] ReadError),
    /// It cannot be used.
    #[error(transparent)]
    Recipe(#[from] RecipeError),
}
