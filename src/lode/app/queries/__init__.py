"""Everything that the pages read: from the warehouse with read-only access, and from the lake; a module a page.

Answers are kept for some seconds per warehouse (`caching`), so that a click does not read again what is on the screen.
"""
