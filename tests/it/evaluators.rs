//! Evaluators as people meet them: listed, shown, checked, and named by a profile.

use crate::support::{Place, refused, root, stderr, stdout};

#[test]
fn evaluators_are_listed_and_shown_with_their_tasks() {
    let place = Place::new();
    let list = stdout(&place.attune(&["evaluator", "list"]));
    assert!(list.contains("native") && list.contains("generator") && list.contains("images"), "{list}");
    let native = stdout(&place.attune(&["evaluator", "show", "native"]));
    for said in
        ["keep-experts", "Task `text`", "kl (nats/token; less is better)", "  length = 128", "passkeys = {}"]
    {
        assert!(native.contains(said), "{said} is not in {native}");
    }
    let generator = stdout(&place.attune(&["evaluator", "show", "generator"]));
    assert!(generator.contains("classifier has to be said"), "{generator}");
    refused(&place.attune(&["evaluator", "show", "nativ"]), 2, &["did you mean `native`?"]);
}

#[test]
fn what_techniques_and_evaluators_say_of_themselves_is_one_object_for_scripts() {
    let place = Place::new();
    let object = |args: &[&str]| {
        let said = stdout(&place.attune(args));
        assert_eq!(said.lines().count(), 1, "{said}");
        serde_json::from_str::<serde_json::Value>(&said).unwrap()
    };
    for (what, plural, name) in
        [("technique", "techniques", "kv-bits"), ("evaluator", "evaluators", "generator")]
    {
        let all = object(&[what, "list", "--json"]);
        let one = object(&[what, "show", name, "--json"]);
        assert!(all[plural].as_array().unwrap().contains(&one), "{one} is not in {all}");
        assert_eq!(one[what], name);
    }
    let native = object(&["evaluator", "show", "native", "--json"]);
    assert_eq!(native["tasks"][0]["metrics"][0]["metric"], "kl");
    assert_eq!(native["tasks"][0]["options"][0]["default"], 128);
    // A failure is an object, too.
    let refused = object(&["evaluator", "show", "nativ", "--json"]);
    assert_eq!(refused["event"], "failed");
}

#[test]
fn a_check_tries_every_promise_on_a_profile() {
    let place = Place::new();
    let profile = place.small_profile(&[]).display().to_string();
    let output = place.attune(&["evaluator", "check", "native", "--profile", &profile]);
    // On a machine that does other things it may take longer to stop than it may; everything else holds.
    let said = stdout(&output);
    let wrong: Vec<&str> = said.lines().filter(|line| line.starts_with("WRONG")).collect();
    assert!(wrong.iter().all(|line| line.contains("it goes on for")), "{said}");
    assert!(said.contains("`kl` is 0") && said.lines().count() > 14, "{said}{}", stderr(&output));
    refused(
        &place.attune(&["evaluator", "check", "generator", "--profile", &profile]),
        2,
        &["is for evaluator `native`, not `generator`"],
    );
    let shipped = root().join("profiles/digits-checkpoint-mix.ron").display().to_string();
    refused(&place.attune(&["evaluator", "check", "native", "--profile", &shipped]), 2, &["not `native`"]);
}

#[test]
fn a_profile_may_name_its_evaluator_and_one_that_does_not_means_the_same() {
    let place = Place::new();
    let silent = place.run(&place.small_profile(&[]), &["--study", "silent"]);
    let named = [("trials:", "evaluator: (name: \"native\"), trials:")];
    let said = place.run(&place.small_profile(&named), &["--study", "said"]);
    let best = |events: &[serde_json::Value]| events.last().unwrap()["best"].clone();
    assert_eq!(best(&silent), best(&said));

    let run = |text: &str| {
        let changes = [("trials:", &*format!("evaluator: {text}, trials:"))];
        place.attune(&["run", &place.small_profile(&changes).display().to_string()])
    };
    refused(&run("(name: \"nativ\")"), 2, &["evaluator.name is \"nativ\"", "did you mean `native`?"]);
    let option = run("(name: \"native\", options: {\"depth\": 3})");
    refused(&option, 2, &["evaluator.options[\"depth\"] is 3", "no such option of evaluator `native`"]);
    let profile = place.small_profile(&[]).display().to_string();
    for (set, said) in [("task.kind=imges", "task.kind is \"imges\""), ("evaluator.name=nativ", "`native`?")]
    {
        let output = place.attune(&["run", &profile, "--set", set]);
        refused(&output, 2, &["error: --set: ", said]);
    }
    refused(&run("(name: \"generator\")"), 2, &["task.length", "no such key in a task of kind \"images\""]);
}
