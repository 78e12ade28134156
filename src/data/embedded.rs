use super::*;
/// Name.
pub const EMBEDDED_NAME: &str = "Compositions";
pub(super) fn dataset(_seed: u64) -> Dataset {
    todo!()
}
/// Gen.
pub fn generate(_root: &Path, _seed: u64) -> Result<PathBuf> {
    todo!()
}
