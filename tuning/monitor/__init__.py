"""What do people watch? The terminal view of a running sweep."""
