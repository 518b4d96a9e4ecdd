"""Generate files from the code and the error registry. Never edit these files by hand.

    sdk_spec/errors.yaml  ->  service/facepay/web/problem_table.py, sdk_spec/errors.md
    the web schemas       ->  sdk_spec/openapi.yaml
    the console's help    ->  docs/cli.md
    texts of the pages    ->  service/facepay/web/pages/translations/*.po

`make generate` writes the files; `make check` fails when one of them is out of date.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import click
import yaml
from flask import Flask
from flask.views import View

from facepay.codegen.translations import expected_catalogues


def expected_files(repository: Path, console: click.Command) -> dict[str, str]:
    """Return the text that each generated file should have, by its path in the repository.

    `console` is the command whose help makes docs/cli.md.
    """
    registry = yaml.safe_load((repository / "sdk_spec/errors.yaml").read_text())
    return {
        "service/facepay/web/problem_table.py": _problem_table(registry),
        "sdk_spec/errors.md": _errors_page(registry),
        "sdk_spec/openapi.yaml": _openapi(registry),
        "docs/cli.md": _console_page(console),
        **expected_catalogues(repository),
    }


def write(repository: Path, console: click.Command) -> list[str]:
    """Write the files that are out of date. Return their paths in the repository."""
    stale = outdated_files(repository, console)
    for path, text in expected_files(repository, console).items():
        if path in stale:
            (repository / path).write_text(text)
    return stale


def outdated_files(repository: Path, console: click.Command) -> list[str]:
    """Return the paths of generated files that are missing or differ from their expected text."""
    return [
        path
        for path, text in expected_files(repository, console).items()
        if not (repository / path).exists() or (repository / path).read_text() != text
    ]


def _problem_table(registry: dict[str, Any]) -> str:
    lines = [
        "# ruff: noqa: E501 - the texts are whole sentences",
        '"""Describe every error code. Generated from sdk_spec/errors.yaml by `make generate`."""',
        "",
        "from dataclasses import dataclass",
        "",
        "",
        "@dataclass(frozen=True, slots=True)",
        "class Problem:",
        "    code: str",
        "    status: int",
        "    retryable: bool",
        "    user_action: str",
        "    title: str",
        "    meaning: str",
        "",
        "",
        "# fmt: off",
        "PROBLEMS: dict[str, Problem] = {",
    ]
    for code, entry in registry["errors"].items():
        fields = (code, entry["status"], entry["retryable"], entry["user_action"])
        lines.append(f"    {_quoted(code)}: Problem(")
        lines.append(f"        {', '.join(_quoted(field) for field in fields)},")
        lines.append(f"        {_quoted(entry['title'])},")
        lines.append(f"        {_quoted(entry['meaning'])},")
        lines.append("    ),")
    return "\n".join([*lines, "}", "# fmt: on", ""])


def _quoted(value: Any) -> str:
    text = repr(value)
    return f'"{text[1:-1]}"' if text.startswith("'") and '"' not in text else text


def _errors_page(registry: dict[str, Any]) -> str:
    lines = [
        "# Errors",
        "",
        "Generated from `errors.yaml` by `make generate`. Every error answer is",
        "`application/problem+json` (RFC 9457) with `type, title, status, code, retryable,",
        "user_action, doc_url, request_id`, and `detail`, `param` and `guidance` where they help.",
        "",
        "| code | status | retryable | user action | meaning |",
        "|---|---|---|---|---|",
    ]
    for code, entry in registry["errors"].items():
        retry = "yes" if entry["retryable"] else "no"
        meaning = f"**{entry['title']}.** {entry['meaning']}"
        lines.append(
            f"| `{code}` | {entry['status']} | {retry} | `{entry['user_action']}` | {meaning} |"
        )
    lines += ["", "User actions:", ""]
    lines += [f"- `{name}`: {text}" for name, text in registry["user_actions"].items()]
    lines += ["", "Guidance (only `capture_retry` has it, and not always):", ""]
    lines += [f"- `{name}`: {text}" for name, text in registry["guidance"].items()]
    return "\n".join([*lines, ""])


def _openapi(registry: dict[str, Any]) -> str:
    from facepay.usecases.dependencies import Dependencies
    from facepay.web.app import create_app
    from facepay.web.schemas.manifest import ManifestShape

    # Only the schemas are read. No view runs, so no port is needed.
    app = create_app(cast(Dependencies, None), "https://pay.example")
    api = app.extensions["flask-smorest"]["apis"][""]["ext_obj"]
    api.spec.components.schema("Manifest", schema=ManifestShape)
    document = api.spec.to_dict()
    document["info"]["description"] = (
        "Pay with a face that can be taken back. Signatures, captures and errors are described in "
        "protocol.md and errors.md beside this file."
    )
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for name in ("Error", "PaginationMetadata"):
        schemas.pop(name, None)
    document["components"].pop("responses", None)
    schemas["Problem"] = _problem_schema(registry)
    document["components"]["securitySchemes"] = {"message_signature": _SIGNATURE}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if method in ("get", "post"):
                _complete(app, path, method, operation)
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=100)


_SIGNATURE = {
    "type": "apiKey",
    "in": "header",
    "name": "Signature",
    "description": "RFC 9421 HTTP message signature of a registered P-256 key; see protocol.md",
}


def _problem_schema(registry: dict[str, Any]) -> dict[str, Any]:
    text = {"type": "string"}
    properties: dict[str, Any] = {
        "type": {"type": "string", "format": "uri"},
        "title": text,
        "status": {"type": "integer"},
        "code": {"type": "string", "enum": list(registry["errors"])},
        "detail": text,
        "param": text,
        "guidance": {"type": "string", "enum": list(registry["guidance"])},
        "retryable": {"type": "boolean"},
        "user_action": {"type": "string", "enum": list(registry["user_actions"])},
        "doc_url": {"type": "string", "format": "uri"},
        "request_id": text,
    }
    required = [name for name in properties if name not in ("detail", "param", "guidance")]
    return {"type": "object", "properties": properties, "required": required}


def _complete(app: Flask, path: str, method: str, operation: dict[str, Any]) -> None:
    """Add signature, idempotency key, frames and problems, which the decorators do not know."""
    view = _view(app, path, method)
    responses = operation["responses"]
    for status in [status for status in responses if not str(status).startswith("2")]:
        del responses[status]
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    responses["default"] = {"description": "an error, see errors.md", "content": content}
    if view.__dict__["allowed_roles"]:
        operation["security"] = [{"message_signature": []}]
        roles = ", ".join(sorted(view.__dict__["allowed_roles"]))
        operation["description"] = f"Signed by: {roles}."
    if method == "post":
        key = {"type": "string", "minLength": 1, "maxLength": 255}
        header = {"name": "Idempotency-Key", "in": "header", "required": True, "schema": key}
        operation.setdefault("parameters", []).append(header)
    if view.__dict__.get("takes_frames"):
        operation["requestBody"] = _FRAMES_BODY


_FRAMES_BODY = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["manifest", "frames"],
                "properties": {
                    "manifest": {
                        "type": "string",
                        "description": "compact JWS by the capturing device, see protocol.md",
                        "contentMediaType": "application/jose",
                        "contentSchema": {"$ref": "#/components/schemas/Manifest"},
                    },
                    "frames": {
                        "type": "array",
                        "items": {"type": "string", "contentMediaType": "image/jpeg"},
                    },
                },
            }
        }
    },
}


def _view(app: Flask, path: str, method: str) -> View:
    for rule in app.url_map.iter_rules():
        plain = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
        if plain == path and method.upper() in (rule.methods or ()):
            return cast(View, app.view_functions[rule.endpoint])
    raise LookupError(path)


def _console_page(console: click.Command) -> str:
    lines = [
        "# The console",
        "",
        "Made from the commands by `make generate`. Each page below is what `--help` prints.",
        "Commands that act on a service read its settings from the environment (`FACEPAY_…`,",
        "listed in `service/facepay/config.py`). In a clone the command is `.venv/bin/facepay`.",
        "",
    ]
    for name, command in _commands("facepay", console):
        # A fixed width: the text must not depend on whose terminal made it.
        context = click.Context(command, info_name=name, terminal_width=80, max_content_width=80)
        lines += [f"## {name}", "", "```text", command.get_help(context), "```", ""]
    return "\n".join(lines)


def _commands(name: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    """Yield the command and all those below it, depth first, with the words that call them."""
    yield name, command
    if isinstance(command, click.Group):
        for word in sorted(command.commands):
            yield from _commands(f"{name} {word}", command.commands[word])
