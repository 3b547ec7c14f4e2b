"""What do people read? The report of a sweep."""
