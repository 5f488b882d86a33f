"""The catalog: products and orders."""
