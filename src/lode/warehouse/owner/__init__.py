"""The owner process: the one process that opens the embedded warehouse's folder, and serves it to all others.

launcher   start the owner on demand, find the one that runs
state      what the owner tells its clients (port, tokens), and the lock that says it lives
__main__   the process: open the folder, serve, end when idle
server     ClickHouse's HTTP protocol as an ASGI application: who asks, on which session
exchange   one request and its answer
wire       the messages of the protocol
request    what a request asks for
stream     large answers, block by block
incoming   the rows of an insert, until all have arrived
sessions   one chDB connection per client session
guard      what read-only sessions may not ask for
engine     the chDB library
"""
