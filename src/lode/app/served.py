"""What Streamlit serves where the dashboard itself signs visitors in: its pages, and the secrets of the sign-in.

They go from the settings into the server's memory: no file holds them that was not written by who set them.
"""

from __future__ import annotations

import streamlit as st
from starlette.middleware import Middleware

from lode.app.oidc import provider, secrets
from lode.app.return_address import ReturnAddress
from lode.app.server import MAIN
from lode.settings import load_settings

_ASKED = provider(load_settings(), port=int(st.get_option("server.port")))

app = st.App(MAIN, secrets=secrets(_ASKED), middleware=[Middleware(ReturnAddress, redirect_url=_ASKED.redirect_url)])
