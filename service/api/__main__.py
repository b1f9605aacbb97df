"""Prints the OpenAPI description: `python -m service.api > docs/openapi.json`."""

import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import create_engine

from service.app import create_app
from service.settings import Settings

if __name__ == "__main__":
    with TemporaryDirectory() as folder:
        settings = Settings(data=Path(folder), key_file=None, open_pages=False, public_url=None)
        app = create_app(settings, create_engine("sqlite://"))
    json.dump(app.openapi(), sys.stdout, indent=1, ensure_ascii=False, sort_keys=True)
    sys.stdout.write("\n")
