"""JSON Schemas as forms: which schemas a form can show, its fields, and the JSON that a person entered. Pure."""
