//! stub
use super::Report;
use crate::error::Result;
/// stub
pub fn page(_report: &Report, _others: &[Report]) -> Result<String> {
    Ok(String::new())
}
