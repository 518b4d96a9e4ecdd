"""Generate the files that are made from code: OpenAPI, error table, CLI help, translations."""
