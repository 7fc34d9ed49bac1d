"""The program `kuayu`."""
