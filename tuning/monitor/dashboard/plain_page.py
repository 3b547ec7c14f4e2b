"""A page that shows a model as it is."""

import html
import json

from sweepbox.tuning.monitor.dashboard.pages import LINKS
from sweepbox.tuning.monitor.dashboard.responses import page_of


def plain_page(model_json: str) -> str:
    """Return a page that shows a model's JSON and is loaded again every two seconds."""
    model = json.loads(model_json)
    text = html.escape(json.dumps(model, indent=2))
    body = f"<h1>{html.escape(str(model['name']))}</h1>{LINKS}<pre>{text}</pre>"
    return page_of(str(model["name"]), body, head='<meta http-equiv="refresh" content="2">')
