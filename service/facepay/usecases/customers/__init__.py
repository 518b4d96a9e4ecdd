"""Customers: change the own password, factors and codes; read the own account."""
