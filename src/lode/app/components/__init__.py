"""What the pages ask a browser for beyond Streamlit's own widgets: plain HTML, CSS and JavaScript from this package."""
