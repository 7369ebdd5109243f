//! The rules that a head can follow.

/// `S = α + β·N`: positions that a head looks back in a sequence of `N` tokens (MoA, arXiv 2406.14909, §3).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Rule {
    /// Tokens.
    pub(crate) alpha: f64,
    /// Tokens per token.
    pub(crate) beta: f64,
}

/// Lengths and steps of the grid.
pub(crate) struct Grid {
    /// The shortest length that a rule has to make sense for.
    pub(crate) shortest: u32,
    /// The longest length that is profiled: no constant part is larger.
    pub(crate) profiled: u32,
    /// The longest length of all.
    pub(crate) longest: u32,
    /// Distance of neighbouring α, about.
    pub(crate) alpha_step: u32,
    /// Number of β, from 0 to 1.
    pub(crate) betas: u32,
    /// Without, spans do not grow and β is 0, but for the rule that sees everything.
    pub(crate) elastic: bool,
}

impl Rule {
    /// Whether it sees everything, however long the sequence.
    pub(crate) fn is_full(&self) -> bool {
        self.alpha >= 0.0 && self.beta >= 1.0
    }

    fn span(&self, tokens: u32) -> f64 {
        self.alpha + self.beta * f64::from(tokens)
    }

    /// Positions that a query sees beside the sink, its own included: it sees `j` when it is `j + seen − 1` or nearer.
    pub(crate) fn seen(&self, tokens: u32) -> u32 {
        self.span(tokens).floor().max(1.0).min(f64::from(tokens)) as u32
    }

    /// Positions that a head with `sink` first ones keeps of `tokens`: what the edit `attention-span` keeps for the
    /// last query.
    pub(crate) fn kept(&self, sink: u32, tokens: u32) -> u32 {
        let span = self.span(tokens).floor().max(1.0) + f64::from(sink);
        span.min(f64::from(tokens)) as u32
    }

    /// The same as a share of the sequence: MoA's density, which is what its cost model counts.
    pub(crate) fn density(&self, sink: u32, tokens: u32) -> f64 {
        f64::from(self.kept(sink, tokens)) / f64::from(tokens)
    }

    /// `-256+0.125N`: the name of the option.
    pub(crate) fn name(&self) -> String {
        format!("{}+{}N", self.alpha, self.beta)
    }
}

impl Grid {
    /// α: even steps from −shortest to profiled; β: even steps from 0 to 1; kept when the span is positive at the
    /// shortest length and no longer than the sequence at the profiled and the longest one. The released
    /// code's grid: 48 rules for 2,048, 8,192 and 16,384 in steps of 1,024 and eighths.
    pub(crate) fn rules(&self) -> Vec<Rule> {
        let steps = (self.shortest + self.profiled) / self.alpha_step;
        let (low, width) = (-f64::from(self.shortest), f64::from(self.shortest + self.profiled));
        let alphas = (0..=steps).map(|step| low + width * f64::from(step) / f64::from(steps.max(1)));
        let betas: Vec<f64> =
            (0..self.betas).map(|step| f64::from(step) / f64::from(self.betas - 1)).collect();
        let rules =
            alphas.flat_map(|alpha| betas.iter().map(move |&beta| Rule { alpha, beta }).collect::<Vec<_>>());
        let mut rules: Vec<Rule> = rules.filter(|rule| self.admits(rule)).collect();
        if !rules.iter().any(Rule::is_full) {
            rules.push(Rule { alpha: 0.0, beta: 1.0 });
        }
        rules
    }

    fn admits(&self, rule: &Rule) -> bool {
        let within = |tokens: u32| rule.span(tokens) <= f64::from(tokens);
        let grows = rule.beta > 0.0 && !rule.is_full();
        rule.span(self.shortest) > 0.0
            && within(self.profiled)
            && within(self.longest)
            && (self.elastic || !grows)
    }
}
