"""HTTP servers: a socket that is bound before models load, and uvicorn around an application."""
