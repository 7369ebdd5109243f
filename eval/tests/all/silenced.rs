//! Experts that add nothing: the router is whole, and what it gives to them is lost.

use attune_core::plan::{Edit, Plan};
use attune_vocabulary::arrange;
use attune_vocabulary::edits::{ExpertsPerToken, KeepExperts, SilenceExperts};

use crate::made::{self, EXPERTS, MIXTRAL, furthest, ids, load, logits, mixture};

fn silence(experts: &[u32]) -> Edit {
    Edit::from(SilenceExperts { layer: 1, experts: experts.to_vec() })
}

#[test]
fn a_silent_expert_is_one_whose_last_matrix_is_zero() {
    let (folder, tensors) = mixture();
    let (model, ids) = (load(folder.path()), ids(4, 40));
    let dense = logits(&model, &Plan::empty(), &ids);
    for silent in [vec![2], vec![0, 3], vec![0, 1, 2, 3, 4]] {
        let mut zeroed = tensors.clone();
        for expert in &silent {
            let name = format!("model.layers.1.block_sparse_moe.experts.{expert}.w2.weight");
            zeroed.get_mut(&name).unwrap().1.fill(0.0);
        }
        let other = tempfile::tempdir().unwrap();
        made::write(other.path(), MIXTRAL, &zeroed);
        let found = logits(&model, &arrange([silence(&silent)]), &ids);
        let apart = furthest(&found, &logits(&load(other.path()), &Plan::empty(), &ids));
        assert!(apart <= 1e-5, "{silent:?}: {apart}");
        assert!(furthest(&found, &dense) > 1e-3, "{silent:?} changes nothing");
        // Keeping the others restricts the router, which is something else.
        if silent.len() + 2 <= EXPERTS {
            let kept = (0..EXPERTS as u32).filter(|expert| !silent.contains(expert)).collect();
            let kept = arrange([Edit::from(KeepExperts { layer: 1, experts: kept })]);
            assert!(furthest(&found, &logits(&model, &kept, &ids)) > 1e-3, "{silent:?}");
        }
    }
    assert_eq!(logits(&model, &arrange([silence(&[])]), &ids), dense);
}

#[test]
fn it_is_refused_beside_kept_experts_and_where_nobody_is_left() {
    let (folder, _) = mixture();
    let outline = attune_eval::model::DecoderOutline::open(folder.path()).unwrap();
    let refusal = |edits: &[Edit]| outline.check(&arrange(edits.to_vec())).unwrap_err().to_string();
    assert!(refusal(&[silence(&[0, 1, 2, 3, 4, 5])]).contains("leaves no expert"));
    assert!(refusal(&[silence(&[6])]).contains("there is no expert 6"));
    let kept = Edit::from(KeepExperts { layer: 1, experts: vec![0, 1] });
    assert!(refusal(&[silence(&[3]), kept]).contains("changes the same place"));
    let one = Edit::from(ExpertsPerToken { layer: 1, count: 1 });
    assert!(outline.check(&arrange([silence(&[3]), one])).is_ok());
}
