"""Mutation: are slips in the references caught by the checks?"""
