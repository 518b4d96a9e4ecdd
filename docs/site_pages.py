"""MkDocs hooks of `make docs`: gather the pages, rewrite their links, refuse foreign addresses.

Pages are written for readers of the repository: links are relative to where a file lies. On the
site a link to another page leads there. A link to source code keeps its text and loses its target,
because the site has no source code. A link to nothing is a warning, and `--strict` makes that an
error.
"""

import logging
import os
import re
from pathlib import Path
from typing import Any

from mkdocs.exceptions import BuildError
from mkdocs.structure.files import File

REPOSITORY = Path(__file__).parents[1]
ELSEWHERE = {
    "index.md": "README.md",
    "architecture.md": "ARCHITECTURE.md",
    "contributing.md": "CONTRIBUTING.md",
    "changelog.md": "CHANGELOG.md",
    "security.md": "SECURITY.md",
    "protocol.md": "sdk_spec/protocol.md",
    "errors.md": "sdk_spec/errors.md",
    "openapi.yaml": "sdk_spec/openapi.yaml",
    "python-client.md": "sdk_spec/clients/python/README.md",
    "running.md": "infra/README.md",
    "openbao.md": "infra/openbao/README.md",
    "policy.md": "service/facepay/policy/README.md",
}
API_PAGE = """# HTTP API

Generated from the views; `sdk_spec/openapi.yaml` is the same as a file. Every request but the
published ones is signed: see [the protocol](protocol.md).

<swagger-ui src="openapi.yaml"/>
"""
_LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s]+)\)")
_FETCHED = re.compile(r"<(?:script|img|iframe)[^>]+src=[\"']?https?:|<link[^>]+href=[\"']?https?:")
_LOG = logging.getLogger("mkdocs.hooks.site_pages")


def on_files(files: Any, config: Any) -> Any:
    """Add the pages that lie outside docs/, and the page of the HTTP API."""
    for uri, path in ELSEWHERE.items():
        files.append(File.generated(config, uri, abs_src_path=str(REPOSITORY / path)))
    files.append(File.generated(config, "api.md", content=API_PAGE))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Rewrite the links of one page from the repository's paths to the site's."""
    uri = page.file.src_uri
    if uri == "api.md":
        return markdown
    folder = (REPOSITORY / ELSEWHERE.get(uri, f"docs/{uri}")).parent

    def on_site(match: re.Match[str]) -> str:
        mark, text, target = match.groups()
        path, hash_sign, anchor = target.partition("#")
        if not path or re.match(r"[a-z]+:", target):
            return match.group()
        found = Path(os.path.normpath(folder / path))
        if not found.exists():
            _LOG.warning("%s links to %s, which does not exist", uri, target)
        other = _uri_of(found)
        if other is None:
            return text
        relative = os.path.relpath(other, Path(uri).parent)
        return f"{mark}[{text}]({relative}{hash_sign}{anchor})"

    return _LINK.sub(on_site, markdown)


def on_post_build(config: Any) -> None:
    """Refuse a site whose pages make a reader's browser fetch something from elsewhere."""
    for page in Path(config["site_dir"]).rglob("*.html"):
        if found := _FETCHED.search(page.read_text()):
            raise BuildError(f"{page.name} fetches from elsewhere: {found.group()}")


def _uri_of(path: Path) -> str | None:
    """Return the address of a file on the site, or None when the site does not have it."""
    name = path.relative_to(REPOSITORY).as_posix()
    for uri, source in ELSEWHERE.items():
        if source == name:
            return uri
    in_docs = path.is_relative_to(REPOSITORY / "docs") and path.suffix in (".md", ".svg", ".png")
    return name.removeprefix("docs/") if in_docs else None
