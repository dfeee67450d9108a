"""Pages and forms, by who reads them."""
