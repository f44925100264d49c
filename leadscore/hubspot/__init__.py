"""The only rooms that speak to HubSpot, through its official client."""
