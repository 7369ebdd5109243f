use super::*;

/// What templates use: namespaces, Python's methods, loop controls, trimmed blocks, `tojson` and refusals.
const TEMPLATE: &str = r#"{%- set ns = namespace(turn=0) -%}
{{- bos_token }}
{%- if tools %}
    {%- for tool in tools %}
        {{- '[' + tool.name + ' ' + (tool | tojson) + ']' }}
    {%- endfor %}
{% endif %}
{%- for message in messages %}
    {%- if message.role == 'system' and not loop.first %}
        {{- raise_exception('a system message comes first') }}
    {%- endif %}
    {%- if message.role == 'note' %}{% continue %}{% endif %}
    {%- set ns.turn = ns.turn + 1 %}
    {% if message['content'] is string %}
<{{ message.role | upper }} {{ ns.turn }}>{{ message.content.split('</think>')[-1].strip() | trim }}
    {% else %}
<{{ message.role.title() }}>{{ message.get('content') }}{{ message.calls | tojson(indent=2) }}
    {% endif %}
{%- endfor %}
{{ eos_token }}
"#;

fn template(text: &str) -> ChatTemplate {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("chat_template.jinja"), text).unwrap();
    let tokens =
        r#"{"bos_token": "<s>", "eos_token": {"content": "</s>", "lstrip": false}, "pad_token": null}"#;
    std::fs::write(folder.path().join("tokenizer_config.json"), tokens).unwrap();
    ChatTemplate::open(folder.path(), Path::new("chats.jsonl")).unwrap()
}

#[test]
fn conversations_are_written_as_transformers_writes_them() {
    // Recorded with `render_jinja_template` of transformers 5.24.
    let template = template(TEMPLATE);
    let plain = r#"{"messages": [{"role": "system", "content": " Be <kind> & \"brief\" "}, {"role": "note", "content": "x"},
        {"role": "user", "content": "Héllo?"}, {"role": "assistant", "content": "<think>\nhm\n</think>\n\nYes. \n"}]}"#;
    let expected = "<s><SYSTEM 1>Be <kind> & \"brief\"\n<USER 2>Héllo?\n<ASSISTANT 3>Yes.\n</s>";
    assert_eq!(template.render(plain).unwrap(), expected);
    let tools = r#"{"tools": [{"name": "add", "z": 1, "a": [1.5, null, true, "ü</s>"]}], "messages": [{"role": "assistant",
        "content": null, "calls": [{"name": "add", "arguments": {"z": 1, "a": []}}]}]}"#;
    let expected = "<s>[add {\"name\": \"add\", \"z\": 1, \"a\": [1.5, null, true, \"ü</s>\"]}]<Assistant>None[\n  {\n    \
                    \"name\": \"add\",\n    \"arguments\": {\n      \"z\": 1,\n      \"a\": []\n    }\n  }\n]\n</s>";
    assert_eq!(template.render(tools).unwrap(), expected);
}

#[test]
fn what_a_template_refuses_or_lacks_is_said() {
    let late = r#"{"messages": [{"role": "user", "content": "a"}, {"role": "system", "content": "b"}]}"#;
    let refusal = template(TEMPLATE).render(late).unwrap_err();
    assert!(refusal.starts_with("a system message comes first (line "), "{refusal}");
    let dated = template("{{ strftime_now('%d %b %Y') }}").render(late).unwrap_err();
    assert!(dated.contains("strftime_now"), "a text must be the same tomorrow: {dated}");
    let lacking = template("{{ messages | unheard_of }}").render(late).unwrap_err();
    assert!(lacking.contains("unheard_of"), "{lacking}");
}

#[test]
fn values_are_written_as_python_writes_them() {
    // Recorded with Python 3.11 and Jinja 3.1.
    let record = r#"{"messages": [1e20, 1e16, 123456789012345.0, 1e-5, 0.0001, 0.1, 2.0, -1.5e-7, 1e100, 7, -3],
        "documents": {"a": ["it's", "say \"hi\"", "both ' and \"", "line\nbreak\ttab\\", "ü☃"], "b": {"c": null, "d": [true, false, {}, []]}}}"#;
    let said = template("{% for number in messages %}{{ number }} {% endfor %}").render(record).unwrap();
    assert_eq!(said, "1e+20 1e+16 123456789012345.0 1e-05 0.0001 0.1 2.0 -1.5e-07 1e+100 7 -3 ");
    let json = template("{{ messages | tojson }}").render(record).unwrap();
    assert_eq!(json, "[1e+20, 1e+16, 123456789012345.0, 1e-05, 0.0001, 0.1, 2.0, -1.5e-07, 1e+100, 7, -3]");
    let whole = template("{{ documents }}|{{ nothing }}|{{ none }}|{{ 1 == 1.0 }}").render(record).unwrap();
    assert_eq!(
        whole,
        r#"{'a': ["it's", 'say "hi"', 'both \' and "', 'line\nbreak\ttab\\', 'ü☃'], 'b': {'c': None, 'd': [True, False, {}, []]}}||None|True"#
    );
}
