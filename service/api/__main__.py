"""Prints the OpenAPI description: `python -m service.api > docs/openapi.json`."""

import json
import sys

from sqlalchemy import create_engine

from service.app import create_app
from service.settings import Settings

if __name__ == "__main__":
    app = create_app(Settings(open_pages=False, public_url=None), create_engine("sqlite://"))
    json.dump(app.openapi(), sys.stdout, indent=1, ensure_ascii=False, sort_keys=True)
    sys.stdout.write("\n")
