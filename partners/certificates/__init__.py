"""Logging in by a certificate on a USB key (UKey, 数字证书): the port, and SM2 behind it."""
