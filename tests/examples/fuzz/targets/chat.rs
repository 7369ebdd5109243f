//! Chat templates and the conversations that they render.

use crate::{Target, scratch};

const TEMPLATES: [&str; 3] = [
    "{% for message in messages %}<|{{ message.role }}|>{{ message['content'] | trim }}{% endfor %}",
    "{%- if tools is defined and tools %}{{ tools | tojson(indent=2) }}{% endif %}{% set ns = namespace(n=0) %}\
     {% for m in messages %}{% set ns.n = ns.n + loop.index0 %}{{ m.content.split('a')[-1] ~ bos_token }}{% endfor %}",
    "{% macro say(x) %}{{ x.upper().strip() }}{% endmacro %}{% for m in messages if m.role != 'system' %}{{ say(m.content) }}\
     {% else %}{{ raise_exception('no') }}{% endfor %}",
];
const LINE: &str = r#"{"messages": [{"role": "user", "content": "a question"}, {"role": "assistant", "content": "an answer"}], "tools": []}"#;

pub(crate) const TARGET: Target = Target {
    name: "chat",
    seeds: |_| {
        let with = |template: &str| [template.as_bytes(), b"\0", LINE.as_bytes()].concat();
        TEMPLATES.iter().map(|template| with(template)).collect()
    },
    run: |input| {
        let mut parts = input.splitn(2, |byte| *byte == 0);
        let (template, line) = (parts.next().unwrap_or_default(), parts.next().unwrap_or(LINE.as_bytes()));
        let folder = scratch::folder("chat");
        let tokenizer = folder.join("tokenizer.json");
        if !tokenizer.exists() {
            scratch::write(&tokenizer, include_bytes!("../../../../models/tiny-moe/tokenizer.json"));
        }
        scratch::write(&folder.join("chat_template.jinja"), template);
        let mut lines = line.to_vec();
        lines.push(b'\n');
        super::texts::open(&folder, &tokenizer, &lines.repeat(8));
    },
};
