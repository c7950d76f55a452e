"""All pages, and the files that they load."""

from fastapi import FastAPI
from fastapi.responses import RedirectResponse
from starlette.staticfiles import StaticFiles

from tocsin_dispatcher.pages import alerts, incidents, integrations, problems, revisions, sign_in, silences
from tocsin_dispatcher.pages.rendering import FOLDER
from tocsin_dispatcher.pages.session import HOME, answer_visitors


def add_pages(app: FastAPI) -> None:
    """Serve the pages below `/ui`."""
    for each in (sign_in, alerts, incidents, problems, silences, integrations, revisions):
        app.include_router(each.router, prefix="/ui", include_in_schema=False)
    app.mount("/ui/static", StaticFiles(directory=FOLDER / "static"), name="static")
    answer_visitors(app)

    @app.get("/", include_in_schema=False)
    async def home() -> RedirectResponse:
        """Lead to the pages."""
        return RedirectResponse(HOME, 303)
