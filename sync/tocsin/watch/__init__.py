"""`tocsin watch`: a target kept equal to the definitions, run after run."""
