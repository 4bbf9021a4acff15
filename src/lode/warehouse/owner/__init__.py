"""The owner process: the one process that opens the embedded warehouse's folder, and serves it to all others.

launcher   start the owner on demand, find the one that runs
state      what the owner tells its clients (port, tokens), and the lock that says it lives
__main__   the process: open the folder, serve, end when idle
server     ClickHouse's HTTP protocol as an ASGI application
request    what a request of that protocol asks for
sessions   one chDB connection per client session
guard      what read-only sessions may not ask for
engine     the chDB library
"""
