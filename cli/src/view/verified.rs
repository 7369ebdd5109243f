//! What an engine said of an export, in words and a table.

use attune::engines::{Apart, Figures, Made};
use attune::export::{Bound, Verdict, Verification};
use attune_core::format::short;

use super::sheet::Sheet;

/// The verdict, the differences and who was asked, in `columns` columns.
pub(crate) fn verified(verification: &Verification, columns: usize) -> String {
    let Verification { verdict, why, engine, version, evaluator, answered, items, .. } = verification;
    let said = match verdict {
        Verdict::Agrees => "verified",
        Verdict::SameLoss => "verified in what it loses",
        Verdict::Differs => "DIFFERS from what was scored",
        Verdict::Unclear => "cannot tell",
    };
    let mut text = format!("{said}: {engine} {version}: {why}");
    if let Some(made) = &verification.made {
        text.push_str(&numbers(made, verification.bound, columns));
    }
    let Some(answered) = answered else { return text };
    let header = ["", "max |Δ log p|", "mean", "KL", "same best"].map(str::to_owned);
    let mut table = Sheet::of_numbers(header.to_vec());
    table.row(row("with the plan", &answered.figures));
    if let Ok(control) = &answered.control {
        table.row(row("without it", control));
    }
    text.push_str(&format!("\n\n{}\n\n", table.render(columns)));
    let positions = answered.figures.positions;
    text.push_str(&format!(
        "in nats, over the whole vocabulary at {positions} positions of {items} report items;\n{}\ncompared with {evaluator}",
        bound(verification)
    ));
    text
}

/// How far what was made is from what was exported.
fn numbers(made: &Made, allowed: Bound, columns: usize) -> String {
    let mut table = Sheet::of_numbers(["", "max |Δ weight|", "mean"].map(str::to_owned).to_vec());
    let row = |name: &str, apart: &Apart| {
        vec![name.to_owned(), short(apart.max_difference), short(apart.mean_difference)]
    };
    table.row(row("with the plan", &made.apart));
    if let Ok(control) = &made.control {
        table.row(row("without it", control));
    }
    let allowed = match allowed {
        Bound::Rounding(number) => format!("; allowed are {}", short(number)),
        Bound::Same | Bound::Within(_) | Bound::Nearer => String::new(),
    };
    format!("\n\n{}\n\nover {} numbers{allowed}", table.render(columns), made.apart.numbers)
}

fn row(name: &str, figures: &Figures) -> Vec<String> {
    let Figures { max_difference, mean_difference, kl, agreement, .. } = *figures;
    let agreement = format!("{:.1} %", 100.0 * agreement);
    vec![name.to_owned(), short(max_difference), short(mean_difference), short(kl), agreement]
}

fn bound(verification: &Verification) -> String {
    match verification.bound {
        Bound::Same | Bound::Rounding(_) => String::new(),
        Bound::Within(tolerance) => format!(
            "allowed are {} and {:.0} % ({})",
            short(tolerance.log_probability),
            100.0 * tolerance.agreement,
            tolerance.why
        ),
        Bound::Nearer => format!(
            "approximate: {}; so it has to be half as far on average as without the plan, or lose what was scored",
            verification.approximate.as_deref().unwrap_or_default()
        ),
    }
}

#[cfg(test)]
mod tests {
    use attune::engines::Answered;
    use attune_export::description::Tolerance;

    use super::*;
    use crate::output;

    fn verification(verdict: Verdict, bound: Bound) -> Verification {
        let figures = |max| Figures {
            max_difference: max,
            mean_difference: max / 8.0,
            kl: 0.0,
            agreement: 1.0,
            positions: 128,
        };
        Verification {
            target: "hf",
            verdict,
            why: "it computes what was scored".to_owned(),
            engine: "Transformers".to_owned(),
            version: "5.24.0".to_owned(),
            evaluator: "native (float32)".to_owned(),
            approximate: None,
            items: 8,
            answered: Some(Answered {
                version: "5.24.0".to_owned(),
                figures: figures(2.5e-6),
                control: Ok(figures(14.0)),
                items: Vec::new(),
            }),
            made: None,
            bound,
        }
    }

    #[test]
    fn a_checkpoint_that_was_made_is_told_in_numbers() {
        let apart = |max_difference| Apart { max_difference, mean_difference: 0.0, numbers: 4096 };
        let version = "0.1.5".to_owned();
        let made = Made { version, apart: apart(1.25e-7), control: Ok(apart(0.75)), largest: 2.0 };
        let of = verification(Verdict::Agrees, Bound::Rounding(2e-6));
        let text = verified(&Verification { answered: None, made: Some(made), ..of }, 80);
        for part in ["1.250e-7", "0.7500", "without it", "over 4096 numbers; allowed are 2.000e-6"] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }

    #[test]
    fn verdict_figures_and_versions_fit_a_terminal() {
        let text = verified(&verification(Verdict::Agrees, Bound::Within(Tolerance::FLOAT32)), 80);
        assert!(text.starts_with("verified: Transformers 5.24.0: it computes what was scored"), "{text}");
        for part in [
            "2.500e-6",
            "14.00",
            "100.0 %",
            "128 positions of 8 report items",
            "0.001000",
            "native (float32)",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        let folded = output::on_terminal(&text, 80);
        assert!(folded.lines().all(|line| line.chars().count() <= 80), "{folded}");
        let text = verified(&verification(Verdict::Differs, Bound::Nearer), 80);
        assert!(text.starts_with("DIFFERS from what was scored: Transformers"), "{text}");
    }
}
