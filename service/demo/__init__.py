"""A synthetic company behind real HTTP servers that speak Confluence Cloud and Confluence Data Center."""
