"""What several rules need to know of definitions: sites of references, contents of bodies, URLs, rendered requests."""
