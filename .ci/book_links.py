"""Every link of a book that mdbook has made leads to a file in it, and to a place in that file: book_links.py FOLDER."""

import html
import re
import sys
from pathlib import Path
from urllib.parse import unquote

# Made of the others, or of no page.
OTHERS = {"print.html", "404.html", "toc.html"}


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def broken(folder: Path) -> list[str]:
    pages = {page.resolve(): text_of(page) for page in folder.rglob("*.html") if page.name not in OTHERS}
    places = {page: set(re.findall(r'\bid="([^"]+)"', text)) for page, text in pages.items()}
    found = []
    for page, text in pages.items():
        content = re.search(r"<main>(.*?)</main>", text, re.DOTALL)
        for link in re.findall(r'\b(?:href|src)="([^"]+)"', content.group(1) if content else ""):
            link = html.unescape(link)
            if "://" in link or link.startswith("mailto:"):
                continue
            file, _, place = link.partition("#")
            target = (page.parent / unquote(file)).resolve() if file else page
            if not target.exists():
                found.append(f"{page.name} links to {link}, which is not in the book")
            elif place and target in places and unquote(place) not in places[target]:
                found.append(f"{page.name} links to {link}, which has no such place")
    if len(pages) < 10:
        found.append(f"{folder} has {len(pages)} pages")
    return found


if __name__ == "__main__":
    problems = broken(Path(sys.argv[1]))
    print("\n".join(problems) or "every link of the book leads somewhere")
    sys.exit(bool(problems))
