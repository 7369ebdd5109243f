//! Proposals are held to the contract of strategies: whoever brings one learns by name what it breaks.

use attune_core::space::Space;
use attune_core::strategy::{Origin, Proposal};
use attune_core::trial::Trial;

use crate::session::SessionError;

/// Refuses proposals that the strategy `name` may not make after the trials `before` it, of which at most `limit` were asked for.
///
/// # Errors
/// [`SessionError::BadProposal`], naming the first of them.
pub(super) fn check(
    name: &str,
    proposals: &[Proposal],
    before: &[Trial],
    limit: usize,
    space: &Space,
) -> Result<(), SessionError> {
    let bad = |proposal: u64, found: String, expected: String| SessionError::BadProposal {
        strategy: name.to_owned(),
        proposal,
        found,
        expected,
    };
    let asked = before.len() as u64;
    if proposals.len() > limit {
        let (found, expected) = (format!("{} proposals", proposals.len()), format!("at most {limit}"));
        return Err(bad(asked, found, expected));
    }
    for (expected, proposal) in (asked..).zip(proposals) {
        if proposal.index != expected {
            return Err(bad(expected, format!("number {}", proposal.index), format!("number {expected}")));
        }
        if let Err(violation) = space.check(&proposal.config) {
            return Err(bad(expected, format!("a config that breaks the space: {violation}"), feasible()));
        }
        if space.canonical(proposal.config.clone()) != proposal.config {
            return Err(bad(expected, "a config in another form".to_owned(), feasible()));
        }
        if let Origin::Again { of } = proposal.origin {
            let first = usize::try_from(of).ok().and_then(|of| before.get(of));
            if !first.is_some_and(|first| first.scores().is_some() && first.config == proposal.config) {
                let wanted = "the config of an earlier trial that was scored on all its items";
                return Err(bad(expected, format!("trial {of} asked again"), wanted.to_owned()));
            }
        }
    }
    Ok(())
}

fn feasible() -> String {
    "a canonical, feasible config (`Space::canonical`, `Space::check`)".to_owned()
}
