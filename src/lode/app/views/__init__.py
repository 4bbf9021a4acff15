"""The pages, one module each: `show` draws it. What a page is made of stands beside it, as in `run_state`."""
