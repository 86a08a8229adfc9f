#!/usr/bin/env python3
"""Read PDFs with another's reader, poppler's pdftotext, and look for the words that must stand in them.

    pdf.py FOLDER --least N

Beside each PDF of the folder lies a JSON file with the number of its pages, the words that must stand in it, and those
that must stand on each page. Blanks and the commas of figures do not count; a word that runs from right to left may come
back either way round.
"""

import json
import re
import subprocess
import sys
import unicodedata
from pathlib import Path


def plain(text):
    # Marks that only say which way a text runs, and how letters are joined, are no words.
    text = "".join(letter for letter in text if unicodedata.category(letter) != "Cf")
    text = re.sub(r"(?<=\d),(?=\d{3})", "", text)
    return unicodedata.normalize("NFKC", re.sub(r"\s+", "", text))


def main(arguments):
    folder, least = Path(arguments[0]), int(arguments[2])
    files = sorted(folder.glob("*.pdf"))
    faults, words = [], 0
    for file in files:
        wanted = json.loads(file.with_suffix(".json").read_text())
        text = subprocess.run(["pdftotext", "-enc", "UTF-8", file, "-"], check=True, capture_output=True, text=True).stdout
        pages = [plain(page) for page in text.split("\f")[:-1]]
        if len(pages) != wanted["pages"]:
            faults.append(f"{file.name} has {len(pages)} pages, should have {wanted['pages']}")
        whole = "".join(pages)
        for word in wanted["words"]:
            words += 1
            if plain(word) not in whole and plain(word)[::-1] not in whole:
                faults.append(f"{file.name}: {word} is not there")
        for word in wanted["on_each"]:
            faults += [f"{file.name}: {word} is not on page {n}" for n, page in enumerate(pages, 1) if plain(word) not in page]
    if len(files) < least:
        faults.append(f"there are {len(files)} PDFs, at least {least} are wanted")
    print("\n".join(faults) or f"{len(files)} PDFs, {words} words read back")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
