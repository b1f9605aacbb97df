"""Why a value is not shown, in the service's own words, for web part and app: `.venv/bin/python integrations/reasons.py` writes both files."""

import json
from pathlib import Path

from metrics.metric import REASONS
from service.language import language
from service.web.words import HIDDEN, UNKNOWN

HERE = Path(__file__).parent
FILES = (HERE / "sharepoint/src/webparts/resonanz/reasons.json", HERE / "forge/src/reasons.json")


def reasons() -> str:
    german = language("de")
    found = {
        code: {"de": german.text(text), "en": text}
        for codes in (HIDDEN, UNKNOWN)
        for code, text in codes.items()
    }
    found |= {code: {"de": label.de, "en": label.en} for code, label in REASONS.items()}
    return json.dumps(dict(sorted(found.items())), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    for file in FILES:
        file.write_text(reasons())
