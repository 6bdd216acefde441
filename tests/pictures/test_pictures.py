import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_documents_show_every_picture_there_is_and_no_other() -> None:
    shown = {
        (document.parent / address).resolve()
        for document in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
        for address in re.findall(r'(?:src|srcset)="([^":]+)"|!\[[^]]*\]\(([^):]+)\)', document.read_text())
        for address in address
        if address
    }

    assert shown == set((ROOT / "docs" / "pictures").iterdir())
    # Bytes: every clone of the repository has every version of every picture.
    assert sum(picture.stat().st_size for picture in shown) < 3_000_000
