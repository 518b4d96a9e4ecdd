"""Marshmallow schemas of requests and answers; they know no database and no business rule."""
