"""A HubSpot portal on this machine. It is not HubSpot."""
