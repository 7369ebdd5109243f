"""Files as streams of text: what is read, and what is refused by its name."""

import json
from pathlib import Path

import pytest
from attune_worker import BadRequest

from attune_torch.tasks.chat import ChatTemplate
from attune_torch.tasks.source import Source, is_json_lines

TEMPLATE = r"""{%- set ns = namespace(turn=0) -%}
{{- bos_token }}
{%- for message in messages %}
    {%- if message.role == 'system' and not loop.first %}
        {{- raise_exception('a system message comes first') }}
    {%- endif %}
    {%- if message.role == 'note' %}{% continue %}{% endif %}
    {%- set ns.turn = ns.turn + 1 %}
    {% if message['content'] is string %}
<{{ message.role | upper }} {{ ns.turn }}>{% generation %}{{ message.content | trim }}{% endgeneration %}
    {% else %}
<{{ message.role.title() }}>{{ message.get('content') }}{{ message.calls | tojson(indent=2) }}
    {% endif %}
{%- endfor %}
{{ eos_token }}
"""
SETTINGS = {"bos_token": "<s>", "eos_token": {"content": "</s>", "lstrip": False}, "pad_token": None}


def model(folder: Path, template: str | None = TEMPLATE) -> Path:
    (folder / "tokenizer_config.json").write_text(json.dumps(SETTINGS))
    if template is not None:
        (folder / "chat_template.jinja").write_text(template)
    return folder


def text_of(file: Path, folder: Path | None = None) -> str:
    text = bytearray()
    source = Source(file, folder)
    while source.fill(text, len(text) + 1000):
        pass
    return text.decode()


def refusal(file: Path, folder: Path | None = None) -> str:
    with pytest.raises(BadRequest) as refused:
        text_of(file, folder)
    return str(refused.value)


def test_forms_are_told_by_content_and_by_name() -> None:
    def told(name: str, head: bytes) -> str:
        try:
            return "JsonLines" if is_json_lines(Path(name), head, True) else "Plain"
        except BadRequest as refused:
            return str(refused)

    for name, text in (
        ("a.txt", 'Once upon a time.\n{"text": 1}\n'),
        ("a.txt", "{not json}\n"),
        ("a.txt", "[Music] and more\n"),
        ("a.md", "\ufeffÜnïcödé"),
        ("a", ""),
        ("a.txt", "NUL \0\0\0 bytes"),
    ):
        assert told(name, text.encode()) == "Plain"
    for name in ("a.jsonl", "a.txt", "a.json", "a"):
        assert told(name, '\ufeff{"text": "a"}\n\n{"text": "b"}\n'.encode()) == "JsonLines"
    assert told("a.JSONL", b"whatever it is") == "JsonLines"
    for name, head, found in (
        ("a.txt", b"\x1f\x8b\x08\0", "compressed by gzip"),
        ("a.txt", b"PAR1\x15\x04", "a Parquet file"),
        ("a.parquet", b"text", "named like a table"),
        ("a.CSV", b"text,label\n", "a table"),
        ("a.json", b'[{"text": "a"},\n{"text": "b"}]', "one JSON document"),
        ("a.txt", b'[\n{"text": "a"}\n]\n', "one JSON document"),
        ("a.txt", b"\xff\xfeO\0n\0", "UTF-16"),
        ("a.txt", b"O\0n\0c\0e\0 \0u\0p\0o\0n\0 \0a\0", "UTF-16"),
        ("a.safetensors", b'\xf0\x11\0\0\0\0\0\0{"a": 1}', "binary data"),
        ("a.txt", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "binary data"),
    ):
        assert told(name, head).startswith(f"{name}: it is {found}")


def test_plain_text_is_read_as_it_stands_and_damage_has_its_place(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    text = "Zürich\r\n" * 20_000 + "ende"
    file.write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert text_of(file) == text
    file.write_bytes(("ä\n" * 40_000).encode() + b"ab\xffcd")
    assert refusal(file).startswith(f"{file}, byte 120002, line 40001, byte 3 of it: 0xFF is not UTF-8 there")
    file.write_bytes("cut ü".encode()[:-1])
    assert "0xC3 is not UTF-8 there" in refusal(file)


def test_records_of_text_and_conversations(tmp_path: Path) -> None:
    folder = model(tmp_path)
    file = tmp_path / "a.jsonl"
    file.write_text('{"text": "one\\ntwo", "id": 1}\n\n{"text": "three"}')
    assert text_of(file) == "one\ntwo\nthree\n"
    talks = [
        [{"role": "system", "content": ' Be <kind> & "brief" '}, {"role": "note", "content": "x"}],
        [{"role": "user", "content": "Héllo?"}, {"role": "assistant", "content": None, "calls": [{"a": 1.5, "ü": None}]}],
    ]
    file.write_text("\n".join(json.dumps({"messages": talk}) for talk in talks))
    from transformers.utils.chat_template_utils import render_jinja_template

    expected, _ = render_jinja_template(talks, chat_template=TEMPLATE, bos_token="<s>", eos_token="</s>")
    assert text_of(file, folder) == "".join(expected)


def test_what_is_no_record_of_text_is_refused_with_its_line(tmp_path: Path) -> None:
    folder = model(tmp_path, template=None)
    file = tmp_path / "a.jsonl"
    for lines, expected in (
        ('{"content": "a", "Text": "b"}', "line 1: the record has `content`, `Text`, expected `text` or `messages`; rename"),
        ('{"text": "a"}\n{"text": 3}', "line 2: `text` is a number, expected a string"),
        ('{"text": "a"}\n{"other": 3}', "line 2: the record has no `text` as those before it, but `other`"),
        ('{"text": "a"}\n[1]', "line 2: it is a list, expected an object"),
        ('{"text": "a"', "line 1: it is no JSON object ("),
        ('{"messages": []}', "has no chat template; render the conversations yourself"),
    ):
        file.write_text(lines)
        assert expected in refusal(file, folder)
    dated = ChatTemplate(file, "{{ strftime_now('%d %b %Y') }}", {})
    with pytest.raises(Exception, match="strftime_now"):
        dated.render({"messages": []})
    model(tmp_path)
    late = [{"role": "user", "content": "a"}, {"role": "system", "content": "b"}]
    file.write_text(json.dumps({"messages": late}))
    assert "does not take it: a system message comes first; repair" in refusal(file, folder)
