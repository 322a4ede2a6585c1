"""Verdicts and an analysis -> files for people and programs."""
