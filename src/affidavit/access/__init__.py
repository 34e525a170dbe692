"""Who may do what: workspaces, API keys, scopes."""
