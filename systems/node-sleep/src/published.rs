use crate::{Control, Forecast, Mode};

/// A control that people run or compare with.
#[derive(Clone, Copy, Debug)]
pub struct Published {
    /// Its name.
    pub name: &'static str,
    /// What it is, in a sentence.
    pub help: &'static str,
    /// The control.
    pub control: Control,
}

/// The five settings that Helios ships, the one for Philly with the future known, trimming always, and never powering down.
pub fn published() -> [Published; 8] {
    let shipped = |history, future, past_fall, future_fall, least, buffer, keep| Control {
        mode: Mode::Ces,
        history,
        future,
        past_fall,
        future_fall,
        least,
        buffer,
        keep,
        forecast: Forecast::Lag,
    };
    let philly = shipped(2, 30, 0.1, 0.0, 1, 20, 10);
    [
        Published { name: "philly", help: "as shipped for Philly", control: philly },
        Published {
            name: "venus",
            help: "as shipped for Venus",
            control: shipped(3, 18, 0.5, 1.0, 2, 5, 12),
        },
        Published {
            name: "earth",
            help: "as shipped for Earth",
            control: shipped(6, 18, 1.0, 1.0, 5, 5, 12),
        },
        Published {
            name: "saturn",
            help: "as shipped for Saturn",
            control: shipped(6, 18, 1.0, 1.0, 1, 5, 12),
        },
        Published {
            name: "uranus",
            help: "as shipped for Uranus",
            control: shipped(3, 18, 1.0, 1.0, 1, 7, 12),
        },
        Published {
            name: "philly-oracle",
            help: "as shipped for Philly, the future known",
            control: Control { forecast: Forecast::Oracle, ..philly },
        },
        Published {
            name: "always-trim",
            help: "always the used nodes and twenty",
            control: Control { mode: Mode::Trim, ..philly },
        },
        Published {
            name: "never-sleep",
            help: "all nodes, always",
            control: Control { mode: Mode::Never, ..philly },
        },
    ]
}
