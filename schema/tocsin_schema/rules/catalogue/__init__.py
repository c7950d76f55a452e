"""The rules of each family: code, name, severity, what each finds, why that is wrong, and how to mend it."""
