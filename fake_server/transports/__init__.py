"""How clients reach a WSGI application: in process under any host name, or on loopback sockets over HTTP and HTTPS.

This room binds host names and ports to WSGI applications. It knows nothing of what the applications do.
"""
