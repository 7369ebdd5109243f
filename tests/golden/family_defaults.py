"""Write family-defaults.json: what a key that is absent from config.json means in transformers' own config classes, for every family of
families/src/known. families/tests/described.rs compares the descriptions with it.

    python family_defaults.py FAMILY…       with transformers 5.24
"""

import dataclasses
import json
import sys
from pathlib import Path

from transformers.models.auto.configuration_auto import CONFIG_MAPPING

FILE = Path(__file__).resolve().parent / "family-defaults.json"


def defaults(family):
    kind = CONFIG_MAPPING[family]
    fields = {field.name: field.default for field in dataclasses.fields(kind) if field.default is not dataclasses.MISSING}
    names = getattr(kind, "attribute_map", {}) or {}
    fields |= {other: fields[own] for other, own in names.items() if own in fields}
    fields = {key: value for key, value in fields.items() if isinstance(value, (bool, int, float, str, type(None)))}
    rope = kind().rope_parameters
    if isinstance(rope.get("full_attention"), dict):
        fields["rope_local_base_freq"] = rope["sliding_attention"]["rope_theta"]
        rope = rope["full_attention"]
        fields["rope_theta"] = rope["rope_theta"]
    else:
        # Of a file with other numbers of the rotation; without any, some classes have a rotation of their own.
        fields["rope_theta"] = kind.default_theta
    fields["partial_rotary_factor"] = rope.get("partial_rotary_factor")
    return fields


FILE.write_text("{\n" + ",\n".join(f"{json.dumps(family)}: {json.dumps(defaults(family), sort_keys=True)}" for family in sorted(sys.argv[1:])) + "\n}\n")
