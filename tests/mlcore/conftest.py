"""This file puts its folder on the import path, for tests in folders below that read the registry."""
