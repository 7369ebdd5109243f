//! Small files that would keep a compiler busy for minutes are refused before it sees them; what they are made of is said.

use std::fmt::Write as _;

use attune_core::technique::FailureKind;
use attune_plugins::Host;

fn refusal(module: &str) -> String {
    let bytes = wat::parse_str(format!("(component (core module {module}))")).unwrap();
    let Err(failure) = Host::new().unwrap().load("made.wasm", &bytes) else { panic!("it is no technique") };
    match failure.kind {
        FailureKind::WrongWorld(reason) => reason,
        other => panic!("{other}"),
    }
}

fn function(locals: usize, body: &str) -> String {
    format!("(func (param i32) (local {}) {body})", "i32 ".repeat(locals))
}

/// So many values, each of which is live in so many loops.
fn carried(loops: usize, variables: usize) -> String {
    let mut body = "loop ".repeat(loops);
    for variable in 1..=variables {
        write!(body, "local.get {variable} local.set {} ", variable % variables + 1).unwrap();
    }
    function(variables, &(body + &"local.get 0 br_if 0 end ".repeat(loops)))
}

fn signature(values: usize) -> String {
    let values = "i32 ".repeat(values);
    format!("(type $t (func (param {values}) (result {values}))) (func $g (type $t) unreachable)")
}

#[test]
fn code_that_grows_when_it_is_compiled_is_refused() {
    let pushed = |values: usize| "i32.const 1 ".repeat(values);
    let dropped = |values: usize| "drop ".repeat(values);
    let chain = |values: usize, calls: usize| {
        let calls = "call $g ".repeat(calls);
        signature(values) + &format!("(func {} {calls} {})", pushed(values), dropped(values))
    };
    for (module, words) in [
        (carried(400, 4_000), "blocks times variables in one function"),
        (carried(400, 1_200).repeat(18), "blocks times variables in all functions"),
        (function(1, &"loop end ".repeat(600)), "loops in one function"),
        (function(1, &"loop end ".repeat(500)).repeat(66), "loops"),
        (function(1, &"block local.get 0 br_if 0 end ".repeat(17_000)), "blocks in one function"),
        (function(1, &"block local.get 0 br_if 0 end ".repeat(16_000)).repeat(33), "blocks"),
        (
            format!("(memory 1) {}", function(1, &"i32.const 0 memory.grow drop ".repeat(9_000))),
            "grow, copy or fill",
        ),
        (function(1, &"local.get 0 call 0 ".repeat(70_000)).repeat(4), "calls"),
        (chain(65, 1), "parameters or results of one function type"),
        (chain(60, 18_000), "values that calls and branches pass"),
        ("(global i32 (i32.const 0))".repeat(70_000), "globals"),
        (
            format!("(func $f) {}", "(table 1 funcref) ".repeat(90) + &"(elem func $f) ".repeat(70_000)),
            "segments",
        ),
    ] {
        let reason = refusal(&module);
        assert!(reason.contains(words) && reason.contains("are compiled"), "{words}: {reason}");
    }
}

#[test]
fn what_compilers_make_of_ordinary_code_is_compiled() {
    // A tenth and more of each limit, which is ten times what the built-in techniques have.
    let branchy = function(40, &"block local.get 0 br_if 0 i32.const 1 local.set 3 end ".repeat(800));
    let module = carried(50, 100).repeat(20) + &branchy.repeat(10);
    assert!(refusal(&module).contains("it exports nothing"));
}
