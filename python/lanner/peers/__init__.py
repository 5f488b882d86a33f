"""What apps written for other servers import. Nothing here is loaded unless an app asks for it."""
