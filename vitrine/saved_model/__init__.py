"""SavedModels: writing them, running them in a session, their versions on disk, and the status codes of calls."""
